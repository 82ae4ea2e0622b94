// Rounding of inputs, and storing of results; AVX2, which every way's processor has.
#include "product.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2,fma")))

namespace handrail {
namespace {

// Below this the reciprocal of a scale may overflow; what is smaller counts as zero.
constexpr float kSmallest = 1e-30f;

AVX2 inline __m256 load8(const void* row, int64_t at, bool bfloat16) {
  if (!bfloat16) return _mm256_loadu_ps(static_cast<const float*>(row) + at);
  const __m128i* from = reinterpret_cast<const __m128i*>(static_cast<const uint16_t*>(row) + at);
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(_mm_loadu_si128(from)), 16));
}

AVX2 inline float load1(const void* row, int64_t at, bool bfloat16) {
  if (!bfloat16) return static_cast<const float*>(row)[at];
  const uint32_t bits = static_cast<uint32_t>(static_cast<const uint16_t*>(row)[at]) << 16;
  return _mm_cvtss_f32(_mm_castsi128_ps(_mm_cvtsi32_si128(static_cast<int>(bits))));
}

AVX2 inline int add8(__m256i v) {
  __m128i s = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
  s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
  return _mm_cvtsi128_si32(_mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1)));
}

// The largest magnitude; as integers, so that a number that is none is larger than all others.
AVX2 inline float widest(const __m256 (&x)[4]) {
  const __m256i sign = _mm256_set1_epi32(0x7fffffff);
  __m256i most = _mm256_setzero_si256();
  for (const __m256& part : x) {
    most = _mm256_max_epi32(most, _mm256_and_si256(_mm256_castps_si256(part), sign));
  }
  __m128i m = _mm_max_epi32(_mm256_castsi256_si128(most), _mm256_extracti128_si256(most, 1));
  m = _mm_max_epi32(m, _mm_shuffle_epi32(m, 0x4e));
  m = _mm_max_epi32(m, _mm_shuffle_epi32(m, 0xb1));
  return _mm_cvtss_f32(_mm_castsi128_ps(m));
}

// Rounds 32 inputs; gives the sums of the first 16 and of the last, and returns their scale.
AVX2 inline float round_step(const __m256 (&x)[4], int8_t* to, int (&sums)[2]) {
  const float most = widest(x);
  const bool finite = most < __builtin_inff();  // false for NaN as well
  const bool some = finite && most > kSmallest;
  // what is not finite must not come out as if it were
  const float scale = finite ? (some ? most / 127.0f : 0.0f) : __builtin_nanf("");
  const __m256 inverse = _mm256_set1_ps(some ? 127.0f / most : 0.0f);
  __m256i r[4];
  for (int i = 0; i < 4; ++i) {
    const __m256 all = _mm256_castsi256_ps(_mm256_set1_epi32(some ? -1 : 0));
    r[i] = _mm256_cvtps_epi32(_mm256_and_ps(_mm256_mul_ps(x[i], inverse), all));
  }
  for (int i = 0; i < 2; ++i) sums[i] = add8(_mm256_add_epi32(r[2 * i], r[2 * i + 1]));
  __m256i bytes = _mm256_packs_epi16(_mm256_packs_epi32(r[0], r[1]), _mm256_packs_epi32(r[2], r[3]));
  bytes = _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), bytes);
  return scale;
}

AVX2 void round_row(const Matrix& matrix, const void* row, bool bfloat16, const Rounded& to,
                    int64_t number) {
  const int64_t steps = matrix.steps(), groups = matrix.groups(), of_group = matrix.group / kStep;
  const bool none = matrix.zeros || (matrix.parts && !matrix.halves());
  const int zero = none ? 0 : 1 << (matrix.bits - 1);
  float* sums = to.sums + number * groups;
  for (int64_t g = 0; g < groups; ++g) sums[g] = 0.0f;
  for (int64_t s = 0; s < steps; ++s) {
    float tail[kStep] = {};
    __m256 x[4];
    const int64_t left = matrix.inputs - s * kStep;
    for (int64_t i = 0; left < kStep && i < left; ++i) {
      tail[i] = load1(row, s * kStep + i, bfloat16);
    }
    for (int i = 0; i < 4; ++i) {
      x[i] = left < kStep ? _mm256_loadu_ps(tail + 8 * i)
                          : load8(row, s * kStep + 8 * i, bfloat16);
    }
    const int64_t at = number * steps + s;
    int both[2];
    to.scales[at] = round_step(x, to.values + at * kStep, both);
    if (matrix.halves()) {
      for (int i = 0; i < 2; ++i) to.offsets[2 * at + i] = -zero * both[i];
    } else {
      to.offsets[at] = -zero * (both[0] + both[1]);
    }
    sums[s / of_group] += to.scales[at] * static_cast<float>(both[0] + both[1]);
  }
}

AVX2 inline uint16_t to_bfloat16(float value) {
  uint32_t bits = static_cast<uint32_t>(_mm_cvtsi128_si32(_mm_castps_si128(_mm_set_ss(value))));
  const uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;  // to even
  return static_cast<uint16_t>(value == value ? rounded : 0x7fc0);
}

}  // namespace

AVX2 void round_rows(const Matrix& matrix, const Ends& ends, const Rounded& to) {
  const int64_t size = ends.bfloat16 ? 2 : 4;
  const char* input = static_cast<const char*>(ends.input);
  for (int64_t row = 0; row < ends.rows; ++row) {
    round_row(matrix, input + row * matrix.inputs * size, ends.bfloat16, to, row);
  }
}

AVX2 void store_row(const float* from, const float* bias, int64_t count, bool bfloat16, void* to) {
  if (bfloat16) {
    uint16_t* out = static_cast<uint16_t*>(to);
    for (int64_t i = 0; i < count; ++i) out[i] = to_bfloat16(from[i] + (bias ? bias[i] : 0.0f));
  } else {
    float* out = static_cast<float*>(to);
    for (int64_t i = 0; i < count; ++i) out[i] = from[i] + (bias ? bias[i] : 0.0f);
  }
}

}  // namespace handrail

#else

namespace handrail {
void round_rows(const Matrix&, const Ends&, const Rounded&) {}
void store_row(const float*, const float*, int64_t, bool, void*) {}
}  // namespace handrail

#endif
