// Attention a head at a time: its job, and its products by dpbf16ps, eight queries at a time.
#include "attention_head.h"

#include "pool.h"

#ifdef BF16

namespace handrail {
namespace {

constexpr int kQueries = 8;
using Eight = Tile<kQueries, 256>;

BF16 inline __m512 dot(__m512 sum, const uint32_t* packed, const void* pair) {
  int32_t both;
  std::memcpy(&both, pair, 4);
  return _mm512_dpbf16_ps(sum, (__m512bh)_mm512_loadu_si512(packed),
                          (__m512bh)_mm512_set1_epi32(both));
}

BF16 void score(Eight& t, const uint16_t* const (&queries)[kQueries], const uint32_t* keys,
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

template <int WIDE>
BF16 void mix(Eight& t, const uint32_t* values, int64_t count) {
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

using Mix = void (*)(Eight&, const uint32_t*, int64_t);
constexpr Mix kMixes[] = {mix<1>, mix<2>, mix<3>, mix<4>, mix<5>};

void head(const uint16_t* queries, const Attention& a, const Scratch& scratch) {
  const int64_t keys = up(a.length, 2 * kLanes), wide = up(a.dim, kLanes);
  for (int64_t first = 0; first < a.length; first += kQueries) {
    Eight t;
    t.begin();
    const uint16_t* rows[kQueries];
    for (int r = 0; r < kQueries; ++r) {  // what is behind the last query repeats it
      rows[r] = queries + std::min(first + r, a.length - 1) * a.query.row;
    }
    for (int64_t key = 0; key < keys; key += Eight::kKeys) {
      const int64_t count = std::min<int64_t>(Eight::kKeys, keys - key);
      score(t, rows, scratch.keys + key * a.dim / 2, count, a.dim);
      soften(t, count, std::min(count, a.length - key), a.scale * 1.44269504f);
      kMixes[wide / kLanes - 1](t, scratch.values + key / 2 * wide, count);
    }
    store(t, std::min<int64_t>(kQueries, a.length - first), a.dim, scratch.out + first * a.dim);
  }
}

constexpr AttentionWay kWay{"avx512bf16", 2, head};

class Heads : public Job {
 public:
  Heads(const Attention& a, const AttentionWay& way)
      : Job(a.batches * a.heads, Scratch::bytes(a.length, a.dim, up(a.dim, way.deep))),
        a_(a), way_(way) {}

 protected:
  void compute(int64_t part, char* result) const override {
    const Scratch scratch = of(result);
    pack_keys(place(a_.key, part), a_.key.row, a_.length, a_.dim, up(a_.dim, way_.deep),
              scratch.keys);
    pack_values(place(a_.value, part), a_.value.row, a_.length, a_.dim, scratch.values);
    way_.head(place(a_.query, part), a_, scratch);
  }

  void commit(int64_t part, const char* result) const override {
    const Scratch scratch = of(const_cast<char*>(result));
    uint16_t* to = place(a_.out, part);
    for (int64_t row = 0; row < a_.length; ++row) {
      std::memcpy(to + row * a_.out.row, scratch.out + row * a_.dim, 2 * a_.dim);
    }
  }

 private:
  Scratch of(char* result) const {
    return Scratch(result, a_.length, a_.dim, up(a_.dim, way_.deep));
  }

  uint16_t* place(const Rows& rows, int64_t part) const {
    return rows.at + part / a_.heads * rows.batch + part % a_.heads * rows.head;
  }

  const Attention a_;
  const AttentionWay& way_;
};

}  // namespace

std::vector<const AttentionWay*> attention_ways() {
  std::vector<const AttentionWay*> found;
  if (!has_bf16()) return found;
  if (const AttentionWay* way = amx_attention()) found.push_back(way);
  found.push_back(&kWay);
  return found;
}

std::shared_ptr<Job> attention_job(const Attention& attention, const AttentionWay& way) {
  return std::make_shared<Heads>(attention, way);
}

}  // namespace handrail

#else

namespace handrail {
std::vector<const AttentionWay*> attention_ways() { return {}; }
std::shared_ptr<Job> attention_job(const Attention&, const AttentionWay&) { return nullptr; }
}  // namespace handrail

#endif
