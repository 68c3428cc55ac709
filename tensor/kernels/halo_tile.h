/// Where things lie in the halo-tile convolution: 256 output pixels of a block, the tile of input pixels
/// around them in shared memory, and the weights in the order in which lanes want them. Windows of 3x3, one
/// pixel of padding. Pure index maps: the kernels of tensor/cuda/ and the host's emulation in the tests read
/// the same.
#pragma once

#include "tensor/kernels/fragments.h"

namespace weir {

constexpr int halo_pixels = 256;  // output pixels of a block
constexpr int halo_warps = 4;     // 64 output pixels each
constexpr int halo_chunk = 64;    // bytes of channels that are in the tile at a time: 16 floats, 32 bfloat16
constexpr int halo_pitch = 80;    // bytes from a pixel of the tile to the next
constexpr int halo_piece = 16;    // bytes of one copy
static_assert(lanes_per_bank(halo_pitch, 16, 8) == 1 && lanes_per_bank(halo_chunk, 16, 8) == 4);

/// Of maps of Width x Width pixels, `Pixels` for a block; of 256: 8 rows of 32, 16 rows of 16, 4 maps of 8x8
/// or 16 of 4x4.
template <int Width, int Pixels = halo_pixels>
struct HaloTile {
  static constexpr int width = Width;
  static constexpr int rows = Pixels / Width < Width ? Pixels / Width : Width;  // of one image
  static constexpr int images = Pixels / (rows * Width);
  static constexpr int padded_width = Width + 2, padded_rows = rows + 2;
  static constexpr int tile_pixels = images * padded_rows * padded_width;
  static constexpr int bytes = tile_pixels * halo_pitch;
  static constexpr int pieces = tile_pixels * (halo_chunk / halo_piece);

  /// The pixel of the tile that the window's first tap of output pixel p reads.
  WEIR_HD static constexpr int first_tap(int p) {
    return (p / (rows * Width) * padded_rows + p % (rows * Width) / Width) * padded_width + p % Width;
  }
  /// From there to tap (r, s) = (tap / 3, tap % 3): a tap is an address.
  WEIR_HD static constexpr int tap_shift(int tap) { return tap / 3 * padded_width + tap % 3; }

  struct Place {
    int image, row,
        column;  // image of this tile; row and column relative to its first output pixel, -1 is border
  };
  WEIR_HD static constexpr Place place(int tile_pixel) {
    return {tile_pixel / (padded_rows * padded_width), tile_pixel / padded_width % padded_rows - 1,
            tile_pixel % padded_width - 1};
  }
};

/// Which images and rows tile number t is of.
struct HaloOrigin {
  Index image;
  int row;
};
template <class Tile>
WEIR_HD constexpr HaloOrigin halo_origin(Index t) {
  if (Tile::images > 1) return {t * Tile::images, 0};
  return {t / (Tile::width / Tile::rows), static_cast<int>(t % (Tile::width / Tile::rows)) * Tile::rows};
}
template <class Tile>
constexpr Index halo_tiles(Index images) {
  if (Tile::images > 1) return (images + Tile::images - 1) / Tile::images;
  return images * (Tile::width / Tile::rows);
}

/// Distances in elements between images, pixels and chunks of channels: channels last, or blocks of 16.
struct HaloStrides {
  Index image, pixel, chunk;
};

/// One copy of 16 bytes into the tile: from element `from` where `inside`, else zeros, to byte `to`.
struct HaloPiece {
  Index from;
  int to;
  bool inside;
};
template <class Tile, class Element>
WEIR_HD constexpr HaloPiece halo_piece_of(int number, const HaloOrigin& origin, Index images, Index channels,
                                          int chunk, const HaloStrides& strides) {
  constexpr int per_pixel = halo_chunk / halo_piece,
                per_piece = halo_piece / static_cast<int>(sizeof(Element));
  const int tile_pixel = number / per_pixel, part = number % per_pixel;
  const typename Tile::Place at = Tile::place(tile_pixel);
  const Index image = origin.image + at.image;
  const int row = origin.row + at.row, column = at.column;
  const Index channel = Index{chunk} * (halo_chunk / static_cast<int>(sizeof(Element))) + part * per_piece;
  const bool inside = image < images && row >= 0 && row < Tile::width && column >= 0 &&
                      column < Tile::width && channel < channels;
  const Index pixel = Index{row} * Tile::width + column;
  return {
      inside ? image * strides.image + pixel * strides.pixel + chunk * strides.chunk + part * per_piece : 0,
      tile_pixel * halo_pitch + part * halo_piece, inside};
}

/// Weights in fragment order: [chunk][tap][step][n16][lane] of Words4; a step is the depth of one product,
/// and the four words are the fragments of B of two times 8 output channels.
constexpr int halo_steps = 2;  // of a chunk: 2 x 8 floats, 2 x 16 bfloat16
struct PackedPlace {
  Index out_channel, in_channel;
  int tap;
};
/// What element `number` of the packed weights holds (a word has one or two elements).
template <class Product>
WEIR_HD constexpr PackedPlace packed_place(Index number, int n16) {
  constexpr int per_fragment = 2 * Product::per_word;
  const int within = static_cast<int>(number % (2 * per_fragment));
  Index rest = number / (2 * per_fragment);
  const int lane = static_cast<int>(rest % 32);
  rest /= 32;
  const int block = static_cast<int>(rest % n16);
  rest /= n16;
  const int step = static_cast<int>(rest % halo_steps);
  rest /= halo_steps;
  const int tap = static_cast<int>(rest % 9);
  const Index chunk = rest / 9;
  const RowColumn at = Product::b(lane, within % per_fragment);
  return {Index{block} * 16 + within / per_fragment * 8 + at.column,
          (chunk * halo_steps + step) * Product::depth + at.row, tap};
}

}  // namespace weir
