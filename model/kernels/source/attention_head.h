// What one head's attention needs, whichever instructions multiply: keys and values laid out for
// bfloat16 products, and a tile of queries that goes over blocks of keys with a running maximum and
// sum (online softmax: Milakov and Gimelshein, arXiv 1805.02867; the order of the loops is
// FlashAttention's, arXiv 2205.14135).
#pragma once

#include "attention.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

#include <algorithm>
#include <cstring>

#define BF16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,avx2,fma")))

namespace handrail {

constexpr int kLanes = 16;

inline bool has_bf16() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512bf16");
}

inline int64_t up(int64_t count, int64_t size) { return (count + size - 1) / size * size; }

// What a head needs: packed keys (blocks of 16, pairs of dims, 16), packed values (pairs of keys,
// dims), and its output. `deep` dims of each key are packed: zeros behind the last.
struct Scratch {
  uint32_t* keys;
  uint32_t* values;
  uint16_t* out;

  static int64_t keys_size(int64_t keys, int64_t deep) { return keys * deep / 2; }
  static int64_t values_size(int64_t keys, int64_t dim) { return keys / 2 * up(dim, kLanes); }
  static size_t bytes(int64_t length, int64_t dim, int64_t deep) {
    const int64_t keys = up(length, 2 * kLanes);
    return 4 * (keys_size(keys, deep) + values_size(keys, dim)) + 2 * length * dim + 64;
  }
  Scratch(char* raw, int64_t length, int64_t dim, int64_t deep) {
    const uint64_t aligned = (reinterpret_cast<uint64_t>(raw) + 63) / 64 * 64;
    const int64_t packed = up(length, 2 * kLanes);
    keys = reinterpret_cast<uint32_t*>(aligned);
    values = keys + keys_size(packed, deep);
    out = reinterpret_cast<uint16_t*>(values + values_size(packed, dim));
  }
};

inline void pack_keys(const uint16_t* from, int64_t stride, int64_t length, int64_t dim,
                      int64_t deep, uint32_t* to) {
  for (int64_t block = 0; block < up(length, 2 * kLanes); block += kLanes) {
    for (int lane = 0; lane < kLanes; ++lane) {
      const int64_t key = block + lane;
      for (int64_t pair = 0; pair < deep / 2; ++pair) {
        uint32_t both = 0;
        if (key < length && pair < dim / 2) std::memcpy(&both, from + key * stride + 2 * pair, 4);
        to[block * deep / 2 + pair * kLanes + lane] = both;
      }
    }
  }
}

inline void pack_values(const uint16_t* from, int64_t stride, int64_t length, int64_t dim,
                        uint32_t* to) {
  const int64_t wide = up(dim, kLanes);
  for (int64_t key = 0; key < up(length, 2 * kLanes); key += 2, to += wide) {
    const uint16_t* first = from + key * stride;
    for (int64_t d = 0; d < wide; ++d) {
      const uint32_t low = key < length && d < dim ? first[d] : 0;
      const uint32_t high = key + 1 < length && d < dim ? first[stride + d] : 0;
      to[d] = low | high << 16;
    }
  }
}

// 2 to the power of x <= 0, to within 3e-7 of it; what is below -150 counts as that.
BF16 inline __m512 power(__m512 x) {
  x = _mm512_max_ps(_mm512_set1_ps(-150.0f), x);  // in this order what is no number stays so
  const __m512 whole = _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  const __m512 part = _mm512_sub_ps(x, whole);
  __m512 sum = _mm512_set1_ps(1.5403530e-4f);
  for (float factor : {1.3333558e-3f, 9.6181291e-3f, 5.5504109e-2f, 2.4022651e-1f, 6.9314718e-1f,
                       1.0f}) {
    sum = _mm512_fmadd_ps(sum, part, _mm512_set1_ps(factor));
  }
  return _mm512_scalef_ps(sum, whole);
}

template <int QUERIES, int KEYS>
struct Tile {
  static constexpr int kQueries = QUERIES, kKeys = KEYS;  // of a tile, of a block
  alignas(64) float scores[QUERIES][KEYS];
  alignas(64) uint16_t weights[QUERIES][KEYS];
  alignas(64) float out[QUERIES][kMostDim];
  float most[QUERIES], sum[QUERIES], keep[QUERIES];

  void begin() {
    std::fill(most, most + QUERIES, -__builtin_inff());
    std::memset(sum, 0, sizeof sum);
    std::memset(out, 0, sizeof out);
  }
};

// Turns a block's scores to weights; `valid` of the `count` keys are keys.
template <class T>
BF16 void soften(T& t, int64_t count, int64_t valid, float factor) {
  const __m512 none = _mm512_set1_ps(-__builtin_inff());
  for (int r = 0; r < T::kQueries; ++r) {
    float* scores = t.scores[r];
    for (int64_t key = valid; key < count; ++key) scores[key] = -__builtin_inff();
    __m512 most = none;
    for (int64_t key = 0; key < count; key += kLanes) {
      most = _mm512_max_ps(most, _mm512_load_ps(scores + key));
    }
    const float now = std::max(t.most[r], _mm512_reduce_max_ps(most));
    t.keep[r] = _mm512_cvtss_f32(power(_mm512_set1_ps((t.most[r] - now) * factor)));
    t.most[r] = now;
    const __m512 from = _mm512_set1_ps(now), by = _mm512_set1_ps(factor);
    __m512 sum = _mm512_setzero_ps();
    for (int64_t key = 0; key < count; key += kLanes) {
      const __m512 off = _mm512_sub_ps(_mm512_load_ps(scores + key), from);
      const __m512 weight = power(_mm512_mul_ps(off, by));
      sum = _mm512_add_ps(sum, weight);
      _mm256_store_si256(reinterpret_cast<__m256i*>(t.weights[r] + key),
                         (__m256i)_mm512_cvtneps_pbh(weight));
    }
    t.sum[r] = t.sum[r] * t.keep[r] + _mm512_reduce_add_ps(sum);
  }
}

template <class T>
BF16 void store(const T& t, int64_t count, int64_t dim, uint16_t* out) {
  for (int64_t r = 0; r < count; ++r) {
    alignas(64) uint16_t row[kMostDim];
    const __m512 sum = _mm512_set1_ps(t.sum[r]);
    for (int64_t d = 0; d < up(dim, kLanes); d += kLanes) {
      const __m512 mean = _mm512_div_ps(_mm512_loadu_ps(t.out[r] + d), sum);
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(row + d), (__m256i)_mm512_cvtneps_pbh(mean));
    }
    std::memcpy(out + r * dim, row, 2 * dim);
  }
}

}  // namespace handrail
#endif
