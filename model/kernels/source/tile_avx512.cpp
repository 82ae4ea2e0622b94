// A tile of a product with AVX512-VNNI: 16 outputs at a time, up to 8 rows.
#include "product.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma,f16c")))

namespace handrail {
namespace {

constexpr int kRows = 8;
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

// Loads the codes of 32 inputs of 16 outputs in a super-block.
template <int BITS>
AVX512 inline const uint8_t* load_super_step(const uint8_t* from, __m512i (&codes)[8]) {
  load_step<4>(from, codes);
  const __m512i mask = _mm512_set1_epi8(BITS == 5 ? 0x10 : 0x30);
  for (int k = 0; k < 8 && BITS > 4; ++k) {
    const int left = BITS == 5 ? 4 - k : 4 - 2 * (k % 4);
    const __m512i high = _mm512_loadu_si512(from + 256 + (BITS == 6 ? 64 * (k / 4) : 0));
    const __m512i moved = left < 0 ? _mm512_srli_epi16(high, -left) : _mm512_slli_epi16(high, left);
    codes[k] = _mm512_ternarylogic_epi32(codes[k], moved, mask, 0xf8);  // codes | (moved & mask)
  }
  return from + 64 * BITS;
}

AVX512 inline __m512i dot_half(const __m512i* codes, const int8_t* values, int offset) {
  const int32_t* fours = reinterpret_cast<const int32_t*>(values);
  __m512i sum = _mm512_set1_epi32(offset);
  for (int i = 0; i < 4; ++i) {
    sum = _mm512_dpbusd_epi32(sum, codes[i], _mm512_set1_epi32(fours[i]));
  }
  return sum;
}

template <bool SIGNED>
AVX512 inline __m512 load_part(const uint8_t* from) {
  const __m128i raw = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  return _mm512_cvtepi32_ps(SIGNED ? _mm512_cvtepi8_epi32(raw) : _mm512_cvtepu8_epi32(raw));
}

template <int BITS, int ROWS>
AVX512 void super_tile(const Matrix& m, const Rounded& in, int64_t block, int64_t row, float* out,
                       int64_t stride) {
  constexpr bool kHalves = BITS == 6;
  const int64_t steps = m.steps();
  const uint8_t* codes = m.codes + block * m.block_bytes();
  const uint8_t* parts = m.parts + block * steps * 2 * kLanes;
  int64_t at = block * steps / kSuper * (kHalves ? 1 : 2) * kLanes;
  __m512 total[ROWS], scale = {}, least = {};
  for (int r = 0; r < ROWS; ++r) total[r] = _mm512_setzero_ps();
  for (int64_t s = 0; s < steps; ++s, parts += 2 * kLanes) {
    if (s % kSuper == 0) {
      scale = load_scales(m, at);
      least = kHalves ? scale : load_scales(m, at + kLanes);
      at += (kHalves ? 1 : 2) * kLanes;
    }
    __m512i step[8];
    codes = load_super_step<BITS>(codes, step);
    const __m512 first = _mm512_mul_ps(load_part<kHalves>(parts), scale);
    const __m512 second = _mm512_mul_ps(load_part<kHalves>(parts + kLanes), least);
    for (int r = 0; r < ROWS; ++r) {
      const int64_t place = (row + r) * steps + s;
      const int8_t* values = in.values + place * kStep;
      const __m512 size = _mm512_set1_ps(in.scales[place]);
      const int32_t* offsets = in.offsets + 2 * place;
      const __m512i low = dot_half(step, values, kHalves ? offsets[0] : 0);
      const __m512i high = dot_half(step + 4, values + kStep / 2, kHalves ? offsets[1] : 0);
      if (kHalves) {
        const __m512 one = _mm512_mul_ps(_mm512_cvtepi32_ps(low), first);
        const __m512 both = _mm512_fmadd_ps(_mm512_cvtepi32_ps(high), second, one);
        total[r] = _mm512_fmadd_ps(both, size, total[r]);
      } else {
        const __m512 dot = _mm512_cvtepi32_ps(_mm512_add_epi32(low, high));
        total[r] = _mm512_fmadd_ps(_mm512_mul_ps(dot, size), first, total[r]);
        total[r] = _mm512_fnmadd_ps(second, _mm512_set1_ps(in.sums[place]), total[r]);
      }
    }
  }
  for (int r = 0; r < ROWS; ++r) _mm512_storeu_ps(out + r * stride, total[r]);
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

template <int BITS, bool SUPER, int ROWS>
void tile_of(const Matrix& m, const Rounded& in, int64_t block, int64_t row, int count, float* out,
             int64_t stride) {
  if (count < ROWS) {
    return tile_of<BITS, SUPER, (ROWS > 1 ? ROWS - 1 : 1)>(m, in, block, row, count, out, stride);
  }
  if constexpr (SUPER) {
    super_tile<BITS, ROWS>(m, in, block, row, out, stride);
  } else {
    tile<BITS, ROWS>(m, in, block, row, out, stride);
  }
}

void any_tile(const Matrix& m, const Rounded& in, int64_t block, int64_t row, int count, float* out,
              int64_t stride) {
  const auto of = m.parts ? (m.bits == 4   ? tile_of<4, true, kRows>
                             : m.bits == 5 ? tile_of<5, true, kRows>
                                           : tile_of<6, true, kRows>)
                          : (m.bits == 4 ? tile_of<4, false, kRows> : tile_of<8, false, kRows>);
  return of(m, in, block, row, count, out, stride);
}

const Way kWay{"avx512vnni", kRows, any_tile};

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
