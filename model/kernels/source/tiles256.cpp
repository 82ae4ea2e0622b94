// Tiles of a product with 256 bits: AVX2, AVX-VNNI, and the latter's arithmetic in AVX512VL's
// encoding, by which it is tested on processors that have only that.
#include "product.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

#define WAY256 __attribute__((target("avx2,fma,f16c")))
#define NAME256 plain256
namespace handrail {
namespace plain256 {

inline int32_t four(const int8_t* values, int i) {
  return reinterpret_cast<const int32_t*>(values)[i];
}

// 16 bits suffice: 8 vectors * 2 products * 15 * 127 = 30,480.
WAY256 inline __m256i dot4(const __m256i (&codes)[8], const int8_t* values, int offset) {
  __m256i sum = _mm256_setzero_si256();
  for (int i = 0; i < 8; ++i) {
    const __m256i inputs = _mm256_set1_epi32(four(values, i));
    sum = _mm256_add_epi16(sum, _mm256_maddubs_epi16(codes[i], inputs));
  }
  const __m256i wide = _mm256_madd_epi16(sum, _mm256_set1_epi16(1));
  return _mm256_add_epi32(wide, _mm256_set1_epi32(offset));
}

// Codes from 0 to 255 would overflow 16 bits: less 128, and their sign moved to the inputs, two
// products are at most 2 * 128 * 127 = 32,512. What is missing is 128 times the inputs' sum.
WAY256 inline __m256i dot8(const __m256i (&codes)[8], const int8_t* values, int offset) {
  const __m256i ones = _mm256_set1_epi16(1), middle = _mm256_set1_epi8(-128);
  __m256i sum = _mm256_set1_epi32(offset);
  for (int i = 0; i < 8; ++i) {
    const __m256i inputs = _mm256_set1_epi32(four(values, i));
    const __m256i code = _mm256_xor_si256(codes[i], middle);
    const __m256i pairs =
        _mm256_maddubs_epi16(_mm256_abs_epi8(code), _mm256_sign_epi8(inputs, code));
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, ones));
    const __m256i all = _mm256_maddubs_epi16(_mm256_set1_epi8(64), inputs);
    sum = _mm256_add_epi32(sum, _mm256_slli_epi32(_mm256_madd_epi16(all, ones), 1));
  }
  return sum;
}

// Two products of 6 bit codes are at most 2 * 63 * 127 = 16,002, and 16 bits hold two of these.
WAY256 inline __m256i dot_half(const __m256i* codes, const int8_t* values, int offset) {
  __m256i sum = _mm256_set1_epi32(offset);
  for (int i = 0; i < 4; i += 2) {
    const __m256i even = _mm256_maddubs_epi16(codes[i], _mm256_set1_epi32(four(values, i)));
    const __m256i odd = _mm256_maddubs_epi16(codes[i + 1], _mm256_set1_epi32(four(values, i + 1)));
    const __m256i both = _mm256_add_epi16(even, odd);
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(both, _mm256_set1_epi16(1)));
  }
  return sum;
}

}  // namespace plain256
}  // namespace handrail
#include "tile256.inc"
#undef WAY256
#undef NAME256

#define VNNI_DOTS(DPBUSD)                                                                      \
  WAY256 inline __m256i dot8(const __m256i (&codes)[8], const int8_t* values, int offset) {    \
    const int32_t* fours = reinterpret_cast<const int32_t*>(values);                           \
    __m256i even = _mm256_set1_epi32(offset), odd = _mm256_setzero_si256();                    \
    for (int i = 0; i < 8; i += 2) {                                                           \
      even = DPBUSD(even, codes[i], _mm256_set1_epi32(fours[i]));                              \
      odd = DPBUSD(odd, codes[i + 1], _mm256_set1_epi32(fours[i + 1]));                        \
    }                                                                                          \
    return _mm256_add_epi32(even, odd);                                                        \
  }                                                                                            \
  WAY256 inline __m256i dot4(const __m256i (&codes)[8], const int8_t* values, int offset) {    \
    return dot8(codes, values, offset);                                                        \
  }                                                                                            \
  WAY256 inline __m256i dot_half(const __m256i* codes, const int8_t* values, int offset) {     \
    const int32_t* fours = reinterpret_cast<const int32_t*>(values);                           \
    __m256i sum = _mm256_set1_epi32(offset);                                                   \
    for (int i = 0; i < 4; ++i) sum = DPBUSD(sum, codes[i], _mm256_set1_epi32(fours[i]));      \
    return sum;                                                                                \
  }

#define WAY256 __attribute__((target("avx2,fma,f16c,avx512f,avx512vl,avx512vnni")))
#define NAME256 evex256
namespace handrail {
namespace evex256 {
VNNI_DOTS(_mm256_dpbusd_epi32)
}  // namespace evex256
}  // namespace handrail
#include "tile256.inc"
#undef WAY256
#undef NAME256

#if (defined(__clang__) && __clang_major__ >= 13) || (!defined(__clang__) && __GNUC__ >= 11)
#define HAS_AVXVNNI 1
#define WAY256 __attribute__((target("avx2,fma,f16c,avxvnni")))
#define NAME256 vex256
namespace handrail {
namespace vex256 {
VNNI_DOTS(_mm256_dpbusd_avx_epi32)
}  // namespace vex256
}  // namespace handrail
#include "tile256.inc"
#undef WAY256
#undef NAME256
#endif

namespace handrail {
namespace {

bool has_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }

const Way kPlain{"avx2", 4, plain256::any_tile};
const Way kEvex{"avx512vl", 4, evex256::any_tile};
#ifdef HAS_AVXVNNI
const Way kVex{"avxvnni", 4, vex256::any_tile};
#endif

}  // namespace

// Every processor with AVX2 and FMA has F16C.
const Way* avx2_way() { return has_avx2() ? &kPlain : nullptr; }

const Way* avxvnni_way() {
#ifdef HAS_AVXVNNI
  return has_avx2() && __builtin_cpu_supports("avxvnni") ? &kVex : nullptr;
#else
  return nullptr;
#endif
}

const Way* vnni256_way() { return avx512_way() ? &kEvex : nullptr; }

}  // namespace handrail

#else

namespace handrail {
const Way* avx2_way() { return nullptr; }
const Way* avxvnni_way() { return nullptr; }
const Way* vnni256_way() { return nullptr; }
}  // namespace handrail

#endif
