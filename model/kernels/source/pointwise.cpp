// GELU in its tanh form, and the rotation of queries and keys.
#include "pointwise.h"

#include "attention_head.h"
#include "pool.h"

#ifdef BF16

namespace handrail {
namespace {

constexpr int64_t kPart = 16 * 1024;  // numbers: what is computed stays near the core

BF16 inline __m512 load(const uint16_t* at, __mmask16 some) {
  return _mm512_cvtpbh_ps((__m256bh)_mm256_maskz_loadu_epi16(some, at));
}

BF16 inline void store(uint16_t* at, __mmask16 some, __m512 x) {
  _mm256_mask_storeu_epi16(at, some, (__m256i)_mm512_cvtneps_pbh(x));
}

inline __mmask16 first(int64_t count) {
  return static_cast<__mmask16>(count >= kLanes ? 0xffff : (1u << count) - 1);
}

// x times the logistic of 2u, u = sqrt(2 / pi) (x + 0.044715 x^3): half of 1 + tanh u.
BF16 inline __m512 gelu(__m512 x) {
  constexpr float kLinear = -2.0f * 0.7978845608f * 1.44269504f, kCubic = kLinear * 0.044715f;
  const __m512 square = _mm512_mul_ps(x, x);
  const __m512 slope = _mm512_fmadd_ps(square, _mm512_set1_ps(kCubic), _mm512_set1_ps(kLinear));
  // 2 to the power of 150 is infinite; in this order what is no number stays so
  const __m512 away = _mm512_min_ps(_mm512_set1_ps(150.0f), _mm512_mul_ps(x, slope));
  return _mm512_div_ps(x, _mm512_add_ps(_mm512_set1_ps(1.0f), power(away)));
}

class Gelu : public Job {
 public:
  Gelu(uint16_t* at, int64_t count)
      : Job((count + kPart - 1) / kPart, kPart * sizeof(uint16_t)), at_(at), count_(count) {}

 protected:
  BF16 void compute(int64_t part, char* result) const override {
    const uint16_t* from = at_ + part * kPart;
    auto* to = reinterpret_cast<uint16_t*>(result);
    const int64_t count = length(part);
    for (int64_t i = 0; i < count; i += kLanes) {
      const __mmask16 some = first(count - i);
      store(to + i, some, gelu(load(from + i, some)));
    }
  }
  void commit(int64_t part, const char* result) const override {
    std::memcpy(at_ + part * kPart, result, sizeof(uint16_t) * length(part));
  }

 private:
  int64_t length(int64_t part) const { return std::min(kPart, count_ - part * kPart); }

  uint16_t* const at_;
  const int64_t count_;
};

class Turn : public Job {
 public:
  explicit Turn(const Turned& t) : Turn(t, std::max<int64_t>(1, kPart / (t.heads * t.dim))) {}

 protected:
  BF16 void compute(int64_t part, char* result) const override {
    auto* to = reinterpret_cast<uint16_t*>(result);
    for (int64_t row = part * each_; row < end(part); ++row) {
      const int64_t place = row * t_.dim;
      const uint16_t* from = t_.at + row * t_.stride;
      for (int64_t head = 0; head < t_.heads; ++head, from += t_.dim, to += t_.dim) {
        turn(from, t_.cosines + place, t_.sines + place, to);
      }
    }
  }
  void commit(int64_t part, const char* result) const override {
    const auto* from = reinterpret_cast<const uint16_t*>(result);
    const int64_t width = t_.heads * t_.dim;
    for (int64_t row = part * each_; row < end(part); ++row, from += width) {
      std::memcpy(t_.at + row * t_.stride, from, sizeof(uint16_t) * width);
    }
  }

 private:
  Turn(const Turned& t, int64_t each)
      : Job((t.rows + each - 1) / each, sizeof(uint16_t) * each * t.heads * t.dim),
        t_(t), each_(each) {}

  int64_t end(int64_t part) const { return std::min(t_.rows, (part + 1) * each_); }

  // The sines of the first half are negated, as in model/rope.py.
  BF16 void turn(const uint16_t* from, const float* cosines, const float* sines,
                 uint16_t* to) const {
    const int64_t half = t_.dim / 2;
    for (int64_t i = 0; i < half; i += kLanes) {
      const __mmask16 some = first(half - i);
      const __m512 low = load(from + i, some), high = load(from + half + i, some);
      for (int64_t side : {int64_t{0}, half}) {
        const __m512 by_cosine = _mm512_mul_ps(side ? high : low,
                                               _mm512_maskz_loadu_ps(some, cosines + side + i));
        const __m512 sine = _mm512_maskz_loadu_ps(some, sines + side + i);
        store(to + side + i, some, _mm512_fmadd_ps(side ? low : high, sine, by_cosine));
      }
    }
  }

  const Turned t_;
  const int64_t each_;
};

}  // namespace

bool can_point() { return has_bf16(); }
std::shared_ptr<Job> gelu_job(uint16_t* at, int64_t count) {
  return std::make_shared<Gelu>(at, count);
}
std::shared_ptr<Job> turn_job(const Turned& turned) { return std::make_shared<Turn>(turned); }

}  // namespace handrail

#else

namespace handrail {
bool can_point() { return false; }
std::shared_ptr<Job> gelu_job(uint16_t*, int64_t) { return nullptr; }
std::shared_ptr<Job> turn_job(const Turned&) { return nullptr; }
}  // namespace handrail

#endif
