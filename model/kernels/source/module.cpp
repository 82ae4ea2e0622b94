// The Python module: addresses and numbers in, results in place. Shapes are checked by the caller.
#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>

#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "attention.h"
#include "pointwise.h"
#include "pool.h"
#include "product.h"
#include "read.h"

namespace {

using handrail::Attention;
using handrail::AttentionWay;
using handrail::Ends;
using handrail::Job;
using handrail::Matrix;
using handrail::Rows;
using handrail::Way;

constexpr char kMatrix[] = "handrail.matrix";

std::vector<const Way*> ways() {
  std::vector<const Way*> found;
  for (const Way* way : {handrail::avx512_way(), handrail::avxvnni_way(), handrail::avx2_way(),
                         handrail::vnni256_way()}) {
    if (way) found.push_back(way);
  }
  return found;
}

// Keeps what late threads may still read until they are done; called with the GIL held.
class Kept {
 public:
  void keep(std::shared_ptr<Job> job, PyObject* owner) {
    if (job.use_count() > 1) {
      Py_INCREF(owner);
      kept_.emplace_back(std::move(job), owner);
    }
  }
  void sweep() {
    for (size_t i = kept_.size(); i-- > 0;) {
      if (kept_[i].first.use_count() > 1) continue;
      std::atomic_thread_fence(std::memory_order_acquire);
      PyObject* owner = kept_[i].second;
      kept_.erase(kept_.begin() + static_cast<std::ptrdiff_t>(i));
      Py_DECREF(owner);
    }
  }

 private:
  std::vector<std::pair<std::shared_ptr<Job>, PyObject*>> kept_;
};

Kept& kept() {
  static Kept* const one = new Kept;  // outlives the interpreter's end
  return *one;
}

// Does a job without the GIL.
PyObject* done(std::shared_ptr<Job> (*make)(const void*), const void* what, int threads,
               PyObject* owner) {
  std::shared_ptr<Job> job;
  std::string trouble;
  PyThreadState* const state = PyEval_SaveThread();
  try {
    job = make(what);
    handrail::run(job, threads);
  } catch (const std::exception& error) {
    trouble = error.what();
  }
  PyEval_RestoreThread(state);
  kept().sweep();
  if (job) kept().keep(std::move(job), owner);
  if (!trouble.empty()) {
    PyErr_SetString(PyExc_MemoryError, trouble.c_str());
    return nullptr;
  }
  Py_RETURN_NONE;
}

void* at(unsigned long long address) { return reinterpret_cast<void*>(address); }

void free_matrix(PyObject* capsule) {
  delete static_cast<Matrix*>(PyCapsule_GetPointer(capsule, kMatrix));
}

template <class W>
PyObject* names_of(const std::vector<const W*>& found) {
  PyObject* const names = PyTuple_New(static_cast<Py_ssize_t>(found.size()));
  for (size_t i = 0; names && i < found.size(); ++i) {
    PyTuple_SetItem(names, static_cast<Py_ssize_t>(i), PyUnicode_FromString(found[i]->name));
  }
  return names;
}

PyObject* list_ways(PyObject*, PyObject*) { return names_of(ways()); }

const std::vector<const AttentionWay*>& known_attention() {
  static const std::vector<const AttentionWay*> known = handrail::attention_ways();
  return known;
}

PyObject* list_attention_ways(PyObject*, PyObject*) { return names_of(known_attention()); }

PyObject* make_matrix(PyObject*, PyObject* args) {
  unsigned long long codes, scales, zeros, parts;
  long long outputs, inputs, group;
  int bits, type;
  if (!PyArg_ParseTuple(args, "KKKKLLLii", &codes, &scales, &zeros, &parts, &outputs, &inputs,
                        &group, &bits, &type)) {
    return nullptr;
  }
  Matrix* const made = new Matrix{
      static_cast<const uint8_t*>(at(codes)), at(scales), static_cast<const uint8_t*>(at(zeros)),
      outputs, inputs, group, bits, static_cast<handrail::Scale>(type),
      static_cast<const uint8_t*>(at(parts))};
  return PyCapsule_New(made, kMatrix, free_matrix);
}

struct Asked {
  const Matrix* matrix;
  const Way* way;
  Ends ends;
};

PyObject* product(PyObject*, PyObject* args) {
  PyObject *capsule, *owner;
  unsigned long long input, output, bias;
  long long rows;
  int way, threads, bfloat16;
  if (!PyArg_ParseTuple(args, "OOiiKKKLp", &capsule, &owner, &way, &threads, &input, &output, &bias,
                        &rows, &bfloat16)) {
    return nullptr;
  }
  const auto* matrix = static_cast<const Matrix*>(PyCapsule_GetPointer(capsule, kMatrix));
  if (!matrix) return nullptr;
  static const std::vector<const Way*> known = ways();
  if (way < 0 || static_cast<size_t>(way) >= known.size()) {
    PyErr_SetString(PyExc_ValueError, "no such way");
    return nullptr;
  }
  const Asked asked{matrix, known[static_cast<size_t>(way)],
                    {at(input), at(output), static_cast<const float*>(at(bias)), rows,
                     bfloat16 != 0}};
  const auto make = [](const void* what) {
    const auto* one = static_cast<const Asked*>(what);
    return handrail::product_job(*one->matrix, one->ends, *one->way);
  };
  return done(make, &asked, threads, owner);
}

struct AskedAttention {
  Attention attention;
  const AttentionWay* way;
};

PyObject* attend(PyObject*, PyObject* args) {
  PyObject* owner;
  unsigned long long from[4];
  long long strides[4][3], batches, heads, length, dim;
  float scale;
  int way, threads;
  if (!PyArg_ParseTuple(args, "O(KLLL)(KLLL)(KLLL)(KLLL)(LLLL)fii", &owner, &from[0],
                        &strides[0][0], &strides[0][1], &strides[0][2], &from[1], &strides[1][0],
                        &strides[1][1], &strides[1][2], &from[2], &strides[2][0], &strides[2][1],
                        &strides[2][2], &from[3], &strides[3][0], &strides[3][1], &strides[3][2],
                        &batches, &heads, &length, &dim, &scale, &way, &threads)) {
    return nullptr;
  }
  if (way < 0 || static_cast<size_t>(way) >= known_attention().size()) {
    PyErr_SetString(PyExc_ValueError, "no such way");
    return nullptr;
  }
  Rows rows[4];
  for (int i = 0; i < 4; ++i) {
    rows[i] = {static_cast<uint16_t*>(at(from[i])), strides[i][0], strides[i][1], strides[i][2]};
  }
  const AskedAttention asked{
      {rows[0], rows[1], rows[2], rows[3], batches, heads, length, dim, scale},
      known_attention()[static_cast<size_t>(way)]};
  const auto make = [](const void* what) {
    const auto* one = static_cast<const AskedAttention*>(what);
    return handrail::attention_job(one->attention, *one->way);
  };
  return done(make, &asked, threads, owner);
}

PyObject* can_point(PyObject*, PyObject*) { return PyBool_FromLong(handrail::can_point()); }

struct Numbers {
  uint16_t* at;
  int64_t count;
};

PyObject* gelu(PyObject*, PyObject* args) {
  PyObject* owner;
  unsigned long long from;
  long long count;
  int threads;
  if (!PyArg_ParseTuple(args, "OKLi", &owner, &from, &count, &threads)) return nullptr;
  const Numbers numbers{static_cast<uint16_t*>(at(from)), count};
  const auto make = [](const void* what) {
    const auto* one = static_cast<const Numbers*>(what);
    return handrail::gelu_job(one->at, one->count);
  };
  return done(make, &numbers, threads, owner);
}

PyObject* turn(PyObject*, PyObject* args) {
  PyObject* owner;
  unsigned long long from, cosines, sines;
  long long rows, stride, heads, dim;
  int threads;
  if (!PyArg_ParseTuple(args, "OKKK(LLLL)i", &owner, &from, &cosines, &sines, &rows, &stride,
                        &heads, &dim, &threads)) {
    return nullptr;
  }
  const handrail::Turned turned{static_cast<uint16_t*>(at(from)), rows, stride, heads, dim,
                                static_cast<const float*>(at(cosines)),
                                static_cast<const float*>(at(sines))};
  const auto make = [](const void* what) {
    return handrail::turn_job(*static_cast<const handrail::Turned*>(what));
  };
  return done(make, &turned, threads, owner);
}

struct Range {
  const void* from;
  int64_t bytes;
};

PyObject* read(PyObject*, PyObject* args) {
  PyObject* owner;
  unsigned long long from;
  long long bytes;
  int threads;
  if (!PyArg_ParseTuple(args, "OKLi", &owner, &from, &bytes, &threads)) return nullptr;
  const Range range{at(from), bytes};
  const auto make = [](const void* what) {
    const auto* one = static_cast<const Range*>(what);
    return handrail::read_job(one->from, one->bytes);
  };
  return done(make, &range, threads, owner);
}

PyObject* let_go(PyObject*, PyObject* args) {
  unsigned long long from;
  long long bytes;
  if (!PyArg_ParseTuple(args, "KL", &from, &bytes)) return nullptr;
  handrail::let_go(at(from), bytes);
  Py_RETURN_NONE;
}

PyMethodDef kMethods[] = {
    {"ways", list_ways, METH_NOARGS, nullptr},
    {"matrix", make_matrix, METH_VARARGS, nullptr},
    {"product", product, METH_VARARGS, nullptr},
    {"attention_ways", list_attention_ways, METH_NOARGS, nullptr},
    {"attend", attend, METH_VARARGS, nullptr},
    {"can_point", can_point, METH_NOARGS, nullptr},
    {"gelu", gelu, METH_VARARGS, nullptr},
    {"turn", turn, METH_VARARGS, nullptr},
    {"read", read, METH_VARARGS, nullptr},
    {"let_go", let_go, METH_VARARGS, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

PyModuleDef kModule = {
    PyModuleDef_HEAD_INIT, "_native", "Kernels for this processor.", -1, kMethods,
    nullptr, nullptr, nullptr, nullptr,
};

}  // namespace

PyMODINIT_FUNC PyInit__native() { return PyModule_Create(&kModule); }
