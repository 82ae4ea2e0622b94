// A tile of a product with AVX512-VNNI: 16 outputs at a time, up to 8 rows.
#include "product.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma,f16c")))

namespace handrail {
namespace {

constexpr int kAhead = 2048;  // bytes of codes that are fetched in advance

AVX512 inline __m512 load_scales(const Matrix& m, int64_t at) {
  if (m.type == Scale::float32) return _mm512_loadu_ps(static_cast<const float*>(m.scales) + at);
  const uint16_t* from = static_cast<const uint16_t*>(m.scales) + at;
  const __m256i raw = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
  if (m.type == Scale::float16) return _mm512_cvtph_ps(raw);
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(raw), 16));
}

// Loads the codes of 32 inputs of 16 outputs as eight vectors of 4 inputs each.
template <int BITS>
AVX512 inline const uint8_t* load_step(const uint8_t* from, __m512i (&codes)[8]) {
  const __m512i low = _mm512_set1_epi8(15);
  for (int i = 0; i < BITS; ++i) {
    const __m512i raw = _mm512_loadu_si512(from + 64 * i);
    _mm_prefetch(reinterpret_cast<const char*>(from + 64 * i + kAhead), _MM_HINT_T0);
    if (BITS == 8) {
      codes[i] = raw;
    } else {
      codes[2 * i] = _mm512_and_si512(raw, low);
      codes[2 * i + 1] = _mm512_and_si512(_mm512_srli_epi16(raw, 4), low);
    }
  }
  return from + 64 * BITS;
}

AVX512 inline __m512 dot_step(const __m512i (&codes)[8], const int8_t* values, int offset) {
  const int32_t* fours = reinterpret_cast<const int32_t*>(values);
  __m512i even = _mm512_set1_epi32(offset), odd = _mm512_setzero_si512();
  for (int i = 0; i < 8; i += 2) {
    even = _mm512_dpbusd_epi32(even, codes[i], _mm512_set1_epi32(fours[i]));
    odd = _mm512_dpbusd_epi32(odd, codes[i + 1], _mm512_set1_epi32(fours[i + 1]));
  }
  return _mm512_cvtepi32_ps(_mm512_add_epi32(even, odd));
}

template <int BITS, int ROWS>
AVX512 void tile(const Matrix& m, const Rounded& in, int64_t block, int64_t row, float* out,
                 int64_t stride) {
  const int64_t steps = m.steps(), groups = m.groups(), of_group = m.group / kStep;
  const uint8_t* codes = m.codes + block * m.block_bytes();
  const int8_t* values = in.values + row * steps * kStep;
  const float* scales = in.scales + row * steps;
  const int32_t* offsets = in.offsets + row * steps;
  __m512 total[ROWS];
  for (int r = 0; r < ROWS; ++r) total[r] = _mm512_setzero_ps();
  for (int64_t g = 0; g < groups; ++g) {
    const int64_t at = (block * groups + g) * kLanes;
    const int64_t end = (g + 1) * of_group < steps ? (g + 1) * of_group : steps;
    __m512 part[ROWS];
    for (int r = 0; r < ROWS; ++r) part[r] = _mm512_setzero_ps();
    if (m.zeros) {
      const __m128i raw = _mm_loadu_si128(reinterpret_cast<const __m128i*>(m.zeros + at));
      const __m512 zero = _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(raw));
      for (int r = 0; r < ROWS; ++r) {
        const __m512 sum = _mm512_set1_ps(in.sums[(row + r) * groups + g]);
        part[r] = _mm512_fnmadd_ps(zero, sum, part[r]);
      }
    }
    for (int64_t s = g * of_group; s < end; ++s) {
      __m512i step[8];
      codes = load_step<BITS>(codes, step);
      for (int r = 0; r < ROWS; ++r) {
        const int64_t place = r * steps + s;
        const __m512 dot = dot_step(step, values + place * kStep, offsets[place]);
        part[r] = _mm512_fmadd_ps(dot, _mm512_set1_ps(scales[place]), part[r]);
      }
    }
    const __m512 scale = load_scales(m, at);
    for (int r = 0; r < ROWS; ++r) total[r] = _mm512_fmadd_ps(part[r], scale, total[r]);
  }
  for (int r = 0; r < ROWS; ++r) _mm512_storeu_ps(out + r * stride, total[r]);
}

template <int BITS>
void tile_of(const Matrix& m, const Rounded& in, int64_t block, int64_t row, int count, float* out,
             int64_t stride) {
  switch (count) {
    case 1: return tile<BITS, 1>(m, in, block, row, out, stride);
    case 2: return tile<BITS, 2>(m, in, block, row, out, stride);
    case 3: return tile<BITS, 3>(m, in, block, row, out, stride);
    case 4: return tile<BITS, 4>(m, in, block, row, out, stride);
    case 5: return tile<BITS, 5>(m, in, block, row, out, stride);
    case 6: return tile<BITS, 6>(m, in, block, row, out, stride);
    case 7: return tile<BITS, 7>(m, in, block, row, out, stride);
    default: return tile<BITS, 8>(m, in, block, row, out, stride);
  }
}

void any_tile(const Matrix& m, const Rounded& in, int64_t block, int64_t row, int count, float* out,
              int64_t stride) {
  return (m.bits == 4 ? tile_of<4> : tile_of<8>)(m, in, block, row, count, out, stride);
}

const Way kWay{"avx512vnni", 8, any_tile};

}  // namespace

const Way* avx512_way() {
  const bool has = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                   __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
                   __builtin_cpu_supports("avx512vnni");
  return has ? &kWay : nullptr;
}

}  // namespace handrail

#else

namespace handrail {
const Way* avx512_way() { return nullptr; }
}  // namespace handrail

#endif
