/// One spelling for oneDNN 2.6 and 3.x: how a primitive descriptor is made, and how ReLU is fused.
#pragma once

#include <oneapi/dnnl/dnnl.hpp>
#include <utility>

namespace weir::onednn_compat {

#if DNNL_VERSION_MAJOR >= 3

/// Convolution forward from (propagation, algorithm, descriptors...).
template <class Primitive, class... Arguments>
typename Primitive::primitive_desc forward(const dnnl::engine& engine, const dnnl::primitive_attr& attributes,
                                           Arguments&&... arguments) {
  return typename Primitive::primitive_desc(engine, std::forward<Arguments>(arguments)..., attributes);
}

/// A backward primitive, which wants the forward one as a hint.
template <class Primitive, class Hint, class... Arguments>
typename Primitive::primitive_desc backward(const dnnl::engine& engine, const Hint& hint,
                                            Arguments&&... arguments) {
  return typename Primitive::primitive_desc(engine, std::forward<Arguments>(arguments)..., hint);
}

inline void append_relu(dnnl::post_ops& operations) {
  operations.append_eltwise(dnnl::algorithm::eltwise_relu, 0.0f, 0.0f);
}

#else

template <class Primitive, class... Arguments>
typename Primitive::primitive_desc forward(const dnnl::engine& engine, const dnnl::primitive_attr& attributes,
                                           Arguments&&... arguments) {
  return typename Primitive::primitive_desc(typename Primitive::desc(std::forward<Arguments>(arguments)...),
                                            attributes, engine);
}

template <class Primitive, class Hint, class... Arguments>
typename Primitive::primitive_desc backward(const dnnl::engine& engine, const Hint& hint,
                                            Arguments&&... arguments) {
  return typename Primitive::primitive_desc(typename Primitive::desc(std::forward<Arguments>(arguments)...),
                                            engine, hint);
}

inline void append_relu(dnnl::post_ops& operations) {
  operations.append_eltwise(1.0f, dnnl::algorithm::eltwise_relu, 0.0f, 0.0f);
}

#endif

}  // namespace weir::onednn_compat
