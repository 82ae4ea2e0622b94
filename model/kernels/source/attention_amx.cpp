// One head's attention by the processor's matrix tiles (AMX): 32 queries at a time.
#include "attention_head.h"

#if defined(BF16) && defined(__linux__) && (defined(__clang__) || __GNUC__ >= 11)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#define AMX                                                                                   \
  __attribute__((target("amx-tile,amx-bf16,avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,avx2," \
                        "fma")))

namespace handrail {
namespace {

constexpr int kRows = 16;              // of a tile, of 64 bytes each
constexpr int kDeep = 32;              // dims, or keys, of a product
constexpr int kQueries = 2 * kRows;
using Many = Tile<kQueries, 128>;
constexpr int64_t kOutRow = kMostDim * sizeof(float);

struct alignas(64) Shapes {
  uint8_t palette = 1, start = 0, reserved[14] = {};
  uint16_t bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {kRows, kRows, kRows, kRows, kRows, kRows, kRows, kRows};
};

AMX void score(Many& t, const uint16_t* queries, const uint32_t* keys, int64_t count,
               int64_t deep) {
  for (int64_t key = 0; key < count; key += 2 * kLanes) {
    const uint32_t* low = keys + key * deep / 2;
    const uint32_t* high = low + kLanes * deep / 2;
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (int64_t d = 0; d < deep; d += kDeep) {
      _tile_loadd(4, queries + d, 2 * deep);
      _tile_loadd(5, queries + kRows * deep + d, 2 * deep);
      _tile_loadd(6, low + d / 2 * kLanes, 64);
      _tile_loadd(7, high + d / 2 * kLanes, 64);
      _tile_dpbf16ps(0, 4, 6);
      _tile_dpbf16ps(1, 4, 7);
      _tile_dpbf16ps(2, 5, 6);
      _tile_dpbf16ps(3, 5, 7);
    }
    _tile_stored(0, t.scores[0] + key, sizeof t.scores[0]);
    _tile_stored(1, t.scores[0] + key + kLanes, sizeof t.scores[0]);
    _tile_stored(2, t.scores[kRows] + key, sizeof t.scores[0]);
    _tile_stored(3, t.scores[kRows] + key + kLanes, sizeof t.scores[0]);
  }
}

AMX void fade(Many& t, int64_t wide) {
  for (int r = 0; r < kQueries; ++r) {
    const __m512 keep = _mm512_set1_ps(t.keep[r]);
    for (int64_t d = 0; d < wide; d += kLanes) {
      _mm512_storeu_ps(t.out[r] + d, _mm512_mul_ps(keep, _mm512_loadu_ps(t.out[r] + d)));
    }
  }
}

AMX void mix_one(Many& t, const uint32_t* values, int64_t count, int64_t wide, int64_t d) {
  _tile_loadd(0, t.out[0] + d, kOutRow);
  _tile_loadd(2, t.out[kRows] + d, kOutRow);
  for (int64_t key = 0; key < count; key += kDeep) {
    _tile_loadd(4, t.weights[0] + key, sizeof t.weights[0]);
    _tile_loadd(5, t.weights[kRows] + key, sizeof t.weights[0]);
    _tile_loadd(6, values + key / 2 * wide + d, 4 * wide);
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(2, 5, 6);
  }
  _tile_stored(0, t.out[0] + d, kOutRow);
  _tile_stored(2, t.out[kRows] + d, kOutRow);
}

AMX void mix_two(Many& t, const uint32_t* values, int64_t count, int64_t wide, int64_t d) {
  _tile_loadd(0, t.out[0] + d, kOutRow);
  _tile_loadd(1, t.out[0] + d + kLanes, kOutRow);
  _tile_loadd(2, t.out[kRows] + d, kOutRow);
  _tile_loadd(3, t.out[kRows] + d + kLanes, kOutRow);
  for (int64_t key = 0; key < count; key += kDeep) {
    const uint32_t* row = values + key / 2 * wide + d;
    _tile_loadd(4, t.weights[0] + key, sizeof t.weights[0]);
    _tile_loadd(5, t.weights[kRows] + key, sizeof t.weights[0]);
    _tile_loadd(6, row, 4 * wide);
    _tile_loadd(7, row + kLanes, 4 * wide);
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  _tile_stored(0, t.out[0] + d, kOutRow);
  _tile_stored(1, t.out[0] + d + kLanes, kOutRow);
  _tile_stored(2, t.out[kRows] + d, kOutRow);
  _tile_stored(3, t.out[kRows] + d + kLanes, kOutRow);
}

AMX void mix(Many& t, const uint32_t* values, int64_t count, int64_t wide) {
  fade(t, wide);
  int64_t d = 0;
  for (; d + kLanes < wide; d += 2 * kLanes) mix_two(t, values, count, wide, d);
  if (d < wide) mix_one(t, values, count, wide, d);
}

// Copies queries, with zeros behind the last dim; what is behind the last query repeats it.
void lay(const uint16_t* queries, int64_t first, const Attention& a, int64_t deep, uint16_t* to) {
  for (int r = 0; r < kQueries; ++r, to += deep) {
    std::memcpy(to, queries + std::min(first + r, a.length - 1) * a.query.row, 2 * a.dim);
    std::memset(to + a.dim, 0, 2 * (deep - a.dim));
  }
}

AMX void head(const uint16_t* queries, const Attention& a, const Scratch& scratch) {
  const int64_t keys = up(a.length, 2 * kLanes), wide = up(a.dim, kLanes), deep = up(a.dim, kDeep);
  // the library of matrix products has shapes of its own, and finds them as they were
  Shapes others;
  const Shapes ours;
  _tile_storeconfig(&others);
  _tile_loadconfig(&ours);
  for (int64_t first = 0; first < a.length; first += kQueries) {
    Many t;
    t.begin();
    alignas(64) uint16_t rows[kQueries * ((kMostDim + kDeep - 1) / kDeep * kDeep)];
    lay(queries, first, a, deep, rows);
    for (int64_t key = 0; key < keys; key += Many::kKeys) {
      const int64_t count = std::min<int64_t>(Many::kKeys, keys - key);
      score(t, rows, scratch.keys + key * deep / 2, count, deep);
      soften(t, count, std::min(count, a.length - key), a.scale * 1.44269504f);
      mix(t, scratch.values + key / 2 * wide, count, wide);
    }
    store(t, std::min<int64_t>(kQueries, a.length - first), a.dim, scratch.out + first * a.dim);
  }
  _tile_loadconfig(&others);
}

constexpr AttentionWay kWay{"amxbf16", kDeep, head};

// Linux lets a process use tiles that asks for it (arch_prctl's ARCH_REQ_XCOMP_PERM).
bool may_use_tiles() {
  constexpr unsigned kLeaf = 7, kBf16 = 1u << 22, kTile = 1u << 24;
  constexpr int kAsk = 0x1023, kTileData = 18;
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (!__get_cpuid_count(kLeaf, 0, &a, &b, &c, &d)) return false;
  return (d & kBf16) && (d & kTile) && syscall(SYS_arch_prctl, kAsk, kTileData) == 0;
}

}  // namespace

const AttentionWay* amx_attention() {
  static const bool may = may_use_tiles();
  return may ? &kWay : nullptr;
}

}  // namespace handrail

#else

namespace handrail {
const AttentionWay* amx_attention() { return nullptr; }
}  // namespace handrail

#endif
