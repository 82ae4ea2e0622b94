// Prints what llama.cpp computes, as raw float32 files: the reference for GGUF models.
//
//   probe quantize IN.gguf OUT.gguf FTYPE          write a model in another format (a llama_ftype)
//   probe tell MODEL.gguf PROMPT TOLD LOGITS       logits before each token of a reply that is told
//   probe see MODEL.gguf MMPROJ.gguf PICTURE WIDTH HEIGHT TEXT TOLD FEATURES LOGITS
//                                                  the same after a picture, and its features
//
// PROMPT and TOLD are int32 token ids, PICTURE is RGB bytes, TEXT has llama.cpp's media marker.
// One thread, no flash attention, keys and values in float32: what is compared is the arithmetic.

#include "llama.h"
#include "mtmd-helper.h"
#include "mtmd.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

static void fail(const std::string & what) {
    fprintf(stderr, "probe: %s\n", what.c_str());
    exit(1);
}

template <typename T> static std::vector<T> read(const char * path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) fail(std::string("cannot read ") + path);
    std::vector<char> bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    const T * begin = reinterpret_cast<const T *>(bytes.data());
    return std::vector<T>(begin, begin + bytes.size() / sizeof(T));
}

static void write(const char * path, const std::vector<float> & values) {
    std::ofstream file(path, std::ios::binary);
    file.write(reinterpret_cast<const char *>(values.data()), values.size() * sizeof(float));
    if (!file) fail(std::string("cannot write ") + path);
}

struct Model {
    llama_model * model;
    llama_context * context;
    int vocabulary;
    std::vector<float> logits;

    explicit Model(const char * path) {
        llama_model_params how = llama_model_default_params();
        how.n_gpu_layers = 0;
        model = llama_model_load_from_file(path, how);
        if (!model) fail(std::string("cannot load ") + path);
        llama_context_params params = llama_context_default_params();
        params.n_ctx = 4096;
        params.n_batch = params.n_ubatch = 2048;
        params.n_threads = params.n_threads_batch = 1;
        params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED;
        params.type_k = params.type_v = GGML_TYPE_F32;
        context = llama_init_from_model(model, params);
        if (!context) fail("cannot make a context");
        vocabulary = llama_vocab_n_tokens(llama_model_get_vocab(model));
    }

    void keep(int row) {
        const float * found = llama_get_logits_ith(context, row);
        if (!found) fail("no logits");
        logits.insert(logits.end(), found, found + vocabulary);
    }

    // Read tokens from a position on; keep the logits after those from index `first` on.
    void decode(const std::vector<llama_token> & tokens, llama_pos position, size_t first) {
        llama_batch batch = llama_batch_init(tokens.size(), 0, 1);
        batch.n_tokens = tokens.size();
        for (size_t i = 0; i < tokens.size(); i++) {
            batch.token[i] = tokens[i];
            batch.pos[i] = position + i;
            batch.n_seq_id[i] = 1;
            batch.seq_id[i][0] = 0;
            batch.logits[i] = i >= first;
        }
        if (llama_decode(context, batch)) fail("llama_decode failed");
        for (size_t i = first; i < tokens.size(); i++) keep(i);
        llama_batch_free(batch);
    }
};

static void tell(char ** given) {
    Model reader(given[0]);
    std::vector<llama_token> tokens = read<llama_token>(given[1]);
    const std::vector<llama_token> told = read<llama_token>(given[2]);
    const size_t prompt = tokens.size();
    tokens.insert(tokens.end(), told.begin(), told.end() - 1);
    reader.decode(tokens, 0, prompt - 1);
    write(given[3], reader.logits);
}

static void see(char ** given) {
    Model reader(given[0]);
    mtmd_context_params params = mtmd_context_params_default();
    params.use_gpu = params.print_timings = params.warmup = false;
    params.n_threads = 1;
    params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED;
    mtmd_context * eyes = mtmd_init_from_file(given[1], reader.model, params);
    if (!eyes) fail(std::string("cannot load ") + given[1]);
    const std::vector<unsigned char> pixels = read<unsigned char>(given[2]);
    const mtmd_bitmap * picture = mtmd_bitmap_init(atoi(given[3]), atoi(given[4]), pixels.data());
    const std::vector<char> text = read<char>(given[5]);
    const mtmd_input_text said = {text.data(), text.size(), false, true};
    mtmd_input_chunks * chunks = mtmd_input_chunks_init();
    if (mtmd_tokenize(eyes, chunks, &said, &picture, 1)) fail("mtmd_tokenize failed");
    llama_pos past = 0;
    for (size_t i = 0; i < mtmd_input_chunks_size(chunks); i++) {
        const mtmd_input_chunk * chunk = mtmd_input_chunks_get(chunks, i);
        const bool last = i + 1 == mtmd_input_chunks_size(chunks);
        if (mtmd_helper_eval_chunk_single(eyes, reader.context, chunk, past, 0, 2048, last, &past)) {
            fail("a part of the prompt could not be read");
        }
        if (mtmd_input_chunk_get_type(chunk) != MTMD_INPUT_CHUNK_TYPE_IMAGE) continue;
        const size_t rows = mtmd_input_chunk_get_n_tokens(chunk);
        const float * features = mtmd_get_output_embd(eyes);
        write(given[7], {features, features + rows * llama_model_n_embd_inp(reader.model)});
    }
    reader.keep(-1);
    std::vector<llama_token> told = read<llama_token>(given[6]);
    told.pop_back();
    reader.decode(told, past, 0);
    write(given[8], reader.logits);
}

static void quantize(char ** given) {
    llama_model_quantize_params params = llama_model_quantize_default_params();
    params.nthread = 1;
    params.ftype = static_cast<llama_ftype>(atoi(given[2]));
    if (llama_model_quantize(given[0], given[1], &params)) fail("llama_model_quantize failed");
}

int main(int count, char ** given) {
    llama_backend_init();
    const std::string mode = count > 1 ? given[1] : "";
    if (mode == "quantize" && count == 5) quantize(given + 2);
    else if (mode == "tell" && count == 6) tell(given + 2);
    else if (mode == "see" && count == 11) see(given + 2);
    else fail("usage: see the head of probe.cpp");
    return 0;
}
