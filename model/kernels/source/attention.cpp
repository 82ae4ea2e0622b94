// One head at a time: keys and values are laid out for dpbf16ps, then eight queries at a time go
// over blocks of keys with a running maximum and sum (online softmax: Milakov and Gimelshein,
// arXiv 1805.02867; the order of the loops is FlashAttention's, arXiv 2205.14135).
#include "attention.h"

#include "pool.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

#include <algorithm>
#include <cstring>

#define BF16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,avx2,fma")))

namespace handrail {
namespace {

constexpr int kQueries = 8;   // of a tile
constexpr int kKeys = 256;    // of a block
constexpr int kLanes = 16;

int64_t up(int64_t count, int64_t size) { return (count + size - 1) / size * size; }

// What a head needs: packed keys (blocks of 16, pairs of dims, 16), packed values (pairs of keys,
// dims), and its output.
struct Scratch {
  uint32_t* keys;
  uint32_t* values;
  uint16_t* out;

  static int64_t keys_size(int64_t keys, int64_t dim) { return keys * dim / 2; }
  static int64_t values_size(int64_t keys, int64_t dim) { return keys / 2 * up(dim, kLanes); }
  static size_t bytes(int64_t length, int64_t dim) {
    const int64_t keys = up(length, 2 * kLanes);
    return 4 * (keys_size(keys, dim) + values_size(keys, dim)) + 2 * length * dim + 64;
  }
  Scratch(char* raw, int64_t keys, int64_t dim) {
    const uint64_t aligned = (reinterpret_cast<uint64_t>(raw) + 63) / 64 * 64;
    this->keys = reinterpret_cast<uint32_t*>(aligned);
    values = this->keys + keys_size(keys, dim);
    out = reinterpret_cast<uint16_t*>(values + values_size(keys, dim));
  }
};

void pack_keys(const uint16_t* from, int64_t stride, int64_t length, int64_t dim, uint32_t* to) {
  for (int64_t block = 0; block < up(length, 2 * kLanes); block += kLanes) {
    for (int lane = 0; lane < kLanes; ++lane) {
      const int64_t key = block + lane;
      for (int64_t pair = 0; pair < dim / 2; ++pair) {
        uint32_t both = 0;
        if (key < length) std::memcpy(&both, from + key * stride + 2 * pair, 4);
        to[block * dim / 2 + pair * kLanes + lane] = both;
      }
    }
  }
}

void pack_values(const uint16_t* from, int64_t stride, int64_t length, int64_t dim, uint32_t* to) {
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

BF16 inline __m512 dot(__m512 sum, const uint32_t* packed, const void* pair) {
  int32_t both;
  std::memcpy(&both, pair, 4);
  return _mm512_dpbf16_ps(sum, (__m512bh)_mm512_loadu_si512(packed),
                          (__m512bh)_mm512_set1_epi32(both));
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

struct Tile {
  alignas(64) float scores[kQueries][kKeys];
  alignas(64) uint16_t weights[kQueries][kKeys];
  alignas(64) float out[kQueries][kMostDim];
  float most[kQueries], sum[kQueries], keep[kQueries];
};

BF16 void score(Tile& t, const uint16_t* const (&queries)[kQueries], const uint32_t* keys,
                int64_t count, int64_t dim) {
  for (int64_t key = 0; key < count; key += 2 * kLanes) {
    const uint32_t* low = keys + key * dim / 2;
    const uint32_t* high = low + kLanes * dim / 2;
    __m512 a[kQueries], b[kQueries];
    for (int r = 0; r < kQueries; ++r) a[r] = b[r] = _mm512_setzero_ps();
    for (int64_t pair = 0; pair < dim / 2; ++pair) {
      for (int r = 0; r < kQueries; ++r) {
        a[r] = dot(a[r], low + pair * kLanes, queries[r] + 2 * pair);
        b[r] = dot(b[r], high + pair * kLanes, queries[r] + 2 * pair);
      }
    }
    for (int r = 0; r < kQueries; ++r) {
      _mm512_store_ps(t.scores[r] + key, a[r]);
      _mm512_store_ps(t.scores[r] + key + kLanes, b[r]);
    }
  }
}

// Turns a block's scores to weights; `valid` of the `count` keys are keys.
BF16 void soften(Tile& t, int64_t count, int64_t valid, float factor) {
  const __m512 none = _mm512_set1_ps(-__builtin_inff());
  for (int r = 0; r < kQueries; ++r) {
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

template <int WIDE>
BF16 void mix(Tile& t, const uint32_t* values, int64_t count) {
  constexpr int kRows = 4;
  for (int first = 0; first < kQueries; first += kRows) {
    __m512 sum[kRows][WIDE];
    for (int r = 0; r < kRows; ++r) {
      const __m512 keep = _mm512_set1_ps(t.keep[first + r]);
      for (int d = 0; d < WIDE; ++d) {
        sum[r][d] = _mm512_mul_ps(keep, _mm512_loadu_ps(t.out[first + r] + kLanes * d));
      }
    }
    for (int64_t key = 0; key < count; key += 2) {
      const uint32_t* row = values + key / 2 * WIDE * kLanes;
      for (int r = 0; r < kRows; ++r) {
        for (int d = 0; d < WIDE; ++d) {
          sum[r][d] = dot(sum[r][d], row + kLanes * d, t.weights[first + r] + key);
        }
      }
    }
    for (int r = 0; r < kRows; ++r) {
      for (int d = 0; d < WIDE; ++d) _mm512_storeu_ps(t.out[first + r] + kLanes * d, sum[r][d]);
    }
  }
}

using Mix = void (*)(Tile&, const uint32_t*, int64_t);
constexpr Mix kMixes[] = {mix<1>, mix<2>, mix<3>, mix<4>, mix<5>};

BF16 void store(const Tile& t, int64_t count, int64_t dim, uint16_t* out) {
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

class Heads : public Job {
 public:
  explicit Heads(const Attention& a)
      : Job(a.batches * a.heads, Scratch::bytes(a.length, a.dim)), a_(a) {}

 protected:
  void compute(int64_t part, char* result) const override {
    const int64_t keys = up(a_.length, 2 * kLanes);
    const Scratch scratch(result, keys, a_.dim);
    pack_keys(place(a_.key, part), a_.key.row, a_.length, a_.dim, scratch.keys);
    pack_values(place(a_.value, part), a_.value.row, a_.length, a_.dim, scratch.values);
    const uint16_t* queries = place(a_.query, part);
    for (int64_t first = 0; first < a_.length; first += kQueries) {
      tile(queries, first, keys, scratch);
    }
  }

  void commit(int64_t part, const char* result) const override {
    const Scratch scratch(const_cast<char*>(result), up(a_.length, 2 * kLanes), a_.dim);
    uint16_t* to = place(a_.out, part);
    for (int64_t row = 0; row < a_.length; ++row) {
      std::memcpy(to + row * a_.out.row, scratch.out + row * a_.dim, 2 * a_.dim);
    }
  }

 private:
  uint16_t* place(const Rows& rows, int64_t part) const {
    return rows.at + part / a_.heads * rows.batch + part % a_.heads * rows.head;
  }

  void tile(const uint16_t* queries, int64_t first, int64_t keys, const Scratch& scratch) const {
    Tile t;
    const uint16_t* rows[kQueries];
    for (int r = 0; r < kQueries; ++r) {  // what is behind the last query repeats it
      rows[r] = queries + std::min(first + r, a_.length - 1) * a_.query.row;
      t.most[r] = -__builtin_inff();
      t.sum[r] = 0;
    }
    std::memset(t.out, 0, sizeof t.out);
    const int64_t wide = up(a_.dim, kLanes);
    for (int64_t key = 0; key < keys; key += kKeys) {
      const int64_t count = std::min<int64_t>(kKeys, keys - key);
      score(t, rows, scratch.keys + key * a_.dim / 2, count, a_.dim);
      soften(t, count, std::min(count, a_.length - key), a_.scale * 1.44269504f);
      kMixes[wide / kLanes - 1](t, scratch.values + key / 2 * wide, count);
    }
    store(t, std::min<int64_t>(kQueries, a_.length - first), a_.dim, scratch.out + first * a_.dim);
  }

  const Attention a_;
};

}  // namespace

bool can_attend() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512bf16");
}

std::shared_ptr<Job> attention_job(const Attention& attention) {
  return std::make_shared<Heads>(attention);
}

}  // namespace handrail

#else

namespace handrail {
bool can_attend() { return false; }
std::shared_ptr<Job> attention_job(const Attention&) { return nullptr; }
}  // namespace handrail

#endif
