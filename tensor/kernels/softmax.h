/// Softmax and its relatives over the rows of [rows, classes], one element per call after a row reduction.
/// Temperature T divides the logits.
#pragma once

#include "tensor/kernels/portable.h"

namespace weir {

/// Item k of row r of logits / T.
template <class Real>
struct TemperedLogits {
  Index classes;
  Real temperature;
  const Real* logits;
  WEIR_HD Real operator()(Index row, Index k) const { return logits[row * classes + k] / temperature; }
};

/// p = exp(z / T - lse), where lse[row] = log sum exp of the row.
template <class Real>
struct SoftmaxFromLogSumExp {
  TemperedLogits<Real> z;
  const Real* lse;
  Real* p;
  WEIR_HD void operator()(Index i) const {
    p[i] = std::exp(z(i / z.classes, i % z.classes) - lse[i / z.classes]);
  }
};

/// log p = z / T - lse
template <class Real>
struct LogSoftmaxFromLogSumExp {
  TemperedLogits<Real> z;
  const Real* lse;
  Real* log_p;
  WEIR_HD void operator()(Index i) const { log_p[i] = z(i / z.classes, i % z.classes) - lse[i / z.classes]; }
};

/// loss[row] = lse - z[label] / T. A label outside [0, classes) gives NaN, which every caller's NaN check
/// names.
template <class Real>
struct LabelLoss {
  TemperedLogits<Real> z;
  const Real* lse;
  const std::int32_t* labels;
  Real* loss;
  WEIR_HD void operator()(Index row) const {
    const Index label = labels[row];
    loss[row] = label >= 0 && label < z.classes ? lse[row] - z(row, label) : Real(NAN);
  }
};

/// Item k of row r of target * -log p: the cross-entropy against soft labels.
template <class Real>
struct SoftLabelTerms {
  TemperedLogits<Real> z;
  const Real* lse;
  const Real* targets;
  WEIR_HD Real operator()(Index row, Index k) const {
    return targets[row * z.classes + k] * (lse[row] - z(row, k));
  }
};

/// 1 at (row, label), else 0.
template <class Real>
struct OneHot {
  Index classes;
  const std::int32_t* labels;
  Real* y;
  WEIR_HD void operator()(Index i) const { y[i] = labels[i / classes] == i % classes ? Real(1) : Real(0); }
};

/// dz of a per-row loss: dloss[row] * (p * mass[row] - target) / T. mass is the sum of the row's
/// targets.
template <class Real>
struct CrossEntropyGradient {
  Index rows_of_forward, classes;
  Real temperature;
  const Real* p;
  const Real* targets;
  const Real* mass;
  const Real* dloss;
  Real* dz;
  WEIR_HD void operator()(Index i) const {
    const Index row = i / classes, saved_row = row % rows_of_forward;
    const Index saved = saved_row * classes + i % classes;
    dz[i] = dloss[row] * (p[saved] * mass[saved_row] - targets[saved]) / temperature;
  }
};

/// dz = p * (dp - sum over the row of dp * p) / T, with dots[row] that sum.
template <class Real>
struct SoftmaxGradient {
  Index rows_of_forward, classes;
  Real temperature;
  const Real* p;
  const Real* dp;
  const Real* dots;
  Real* dz;
  WEIR_HD void operator()(Index i) const {
    const Index row = i / classes;
    const Real probability = p[row % rows_of_forward * classes + i % classes];
    dz[i] = probability * (dp[i] - dots[row]) / temperature;
  }
};

/// dz = (dlog_p - p * sum over the row of dlog_p) / T, with sums[row] that sum.
template <class Real>
struct LogSoftmaxGradient {
  Index rows_of_forward, classes;
  Real temperature;
  const Real* log_p;
  const Real* dlog_p;
  const Real* sums;
  Real* dz;
  WEIR_HD void operator()(Index i) const {
    const Index row = i / classes;
    const Real probability = std::exp(log_p[row % rows_of_forward * classes + i % classes]);
    dz[i] = (dlog_p[i] - probability * sums[row]) / temperature;
  }
};

/// Item k of row r of a * b, where b repeats every rows_of_b rows.
template <class Real>
struct RowProducts {
  Index classes, rows_of_b;
  const Real* a;
  const Real* b;
  WEIR_HD Real operator()(Index row, Index k) const {
    return a[row * classes + k] * b[row % rows_of_b * classes + k];
  }
};

}  // namespace weir
