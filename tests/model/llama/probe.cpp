// Prints what llama.cpp computes, as raw float32 files: the reference for GGUF models.
//
//   probe quantize IN.gguf OUT.gguf FTYPE          write a model in another format (a llama_ftype)
//   probe tell MODEL.gguf PROMPT TOLD LOGITS       logits before each token of a reply that is told
//   probe see MODEL.gguf MMPROJ.gguf PICTURE WIDTH HEIGHT TEXT TOLD FEATURES LOGITS
//                                                  the same after a picture, and its features
//   probe time MODEL.gguf MMPROJ.gguf PICTURE WIDTH HEIGHT TEXT THREADS FLASH READ WRITE REPLY
//                                                  seconds of each part of an agent's step, as JSON
//
// PROMPT and TOLD are int32 token ids, PICTURE is RGB bytes, TEXT has llama.cpp's media marker.
// Where logits are told: one thread, no flash attention, keys and values in float32, because the
// arithmetic is compared. Where it is timed, THREADS, FLASH (0 or 1), and what llama.cpp defaults to.
// READ are lengths of prompts, as 512,2048; WRITE and REPLY are numbers of tokens.

#include "llama.h"
#include "mtmd-helper.h"
#include "mtmd.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
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

    explicit Model(const char * path, int threads = 0, bool flash = false) {
        llama_model_params how = llama_model_default_params();
        how.n_gpu_layers = 0;
        model = llama_model_load_from_file(path, how);
        if (!model) fail(std::string("cannot load ") + path);
        llama_context_params params = llama_context_default_params();
        params.n_ctx = 4096;
        params.n_batch = params.n_ubatch = 2048;
        params.n_threads = params.n_threads_batch = threads ? threads : 1;
        params.flash_attn_type =
            flash ? LLAMA_FLASH_ATTN_TYPE_ENABLED : LLAMA_FLASH_ATTN_TYPE_DISABLED;
        if (!threads) params.type_k = params.type_v = GGML_TYPE_F32;
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

// A picture and the text around it, cut into chunks.
struct Sight {
    mtmd_context * eyes;
    mtmd_input_chunks * chunks;

    Sight(char ** given, const Model & reader, int threads, bool flash) {
        mtmd_context_params params = mtmd_context_params_default();
        params.use_gpu = params.print_timings = params.warmup = false;
        params.n_threads = threads;
        params.flash_attn_type =
            flash ? LLAMA_FLASH_ATTN_TYPE_ENABLED : LLAMA_FLASH_ATTN_TYPE_DISABLED;
        eyes = mtmd_init_from_file(given[0], reader.model, params);
        if (!eyes) fail(std::string("cannot load ") + given[0]);
        const std::vector<unsigned char> pixels = read<unsigned char>(given[1]);
        const mtmd_bitmap * picture = mtmd_bitmap_init(atoi(given[2]), atoi(given[3]), pixels.data());
        const std::vector<char> text = read<char>(given[4]);
        const mtmd_input_text said = {text.data(), text.size(), false, true};
        chunks = mtmd_input_chunks_init();
        if (mtmd_tokenize(eyes, chunks, &said, &picture, 1)) fail("mtmd_tokenize failed");
    }

    size_t count() const { return mtmd_input_chunks_size(chunks); }

    const mtmd_input_chunk * chunk(size_t i) const { return mtmd_input_chunks_get(chunks, i); }

    bool pictured(size_t i) const {
        return mtmd_input_chunk_get_type(chunk(i)) == MTMD_INPUT_CHUNK_TYPE_IMAGE;
    }

    void decode(size_t i, Model & reader, llama_pos & past) const {
        const bool last = i + 1 == count();
        if (mtmd_helper_eval_chunk_single(eyes, reader.context, chunk(i), past, 0, 2048, last, &past)) {
            fail("a part of the prompt could not be read");
        }
    }
};

static void see(char ** given) {
    Model reader(given[0]);
    const Sight sight(given + 1, reader, 1, false);
    llama_pos past = 0;
    for (size_t i = 0; i < sight.count(); i++) {
        sight.decode(i, reader, past);
        if (!sight.pictured(i)) continue;
        const size_t rows = mtmd_input_chunk_get_n_tokens(sight.chunk(i));
        const float * features = mtmd_get_output_embd(sight.eyes);
        write(given[7], {features, features + rows * llama_model_n_embd_inp(reader.model)});
    }
    reader.keep(-1);
    std::vector<llama_token> told = read<llama_token>(given[6]);
    told.pop_back();
    reader.decode(told, past, 0);
    write(given[8], reader.logits);
}

static double now() {
    const auto since = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration<double>(since).count();
}

// Tokens that do not repeat; which they are makes no difference to the work.
static std::vector<llama_token> some(int count, int vocabulary) {
    std::vector<llama_token> tokens;
    for (int i = 0; i < count; i++) tokens.push_back((i * 7919 + 13) % (vocabulary < 1000 ? vocabulary : 1000));
    return tokens;
}

static double writing(Model & reader, llama_pos past, int count) {
    const double started = now();
    for (const llama_token token : some(count, reader.vocabulary)) {
        reader.decode({token}, past++, 0);
        reader.logits.clear();
    }
    return now() - started;
}

static long peak_kilobytes() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.rfind("VmHWM:", 0) == 0) return atol(line.c_str() + 6);
    }
    return 0;
}

static void time_step(char ** given) {
    const int threads = atoi(given[6]), written = atoi(given[9]), reply = atoi(given[10]);
    const bool flash = atoi(given[7]);
    Model reader(given[0], threads, flash);
    const Sight sight(given + 1, reader, threads, flash);
    llama_memory_t memory = llama_get_memory(reader.context);
    writing(reader, 0, 2);  // whatever is done only once is done now
    std::stringstream lengths(given[8]);
    for (std::string length; std::getline(lengths, length, ',');) {
        llama_memory_clear(memory, true);
        const std::vector<llama_token> tokens = some(atoi(length.c_str()), reader.vocabulary);
        const double started = now();
        reader.decode(tokens, 0, tokens.size() - 1);
        printf("{\"part\": \"read %s\", \"seconds\": %.6f}\n", length.c_str(), now() - started);
        reader.logits.clear();
    }
    const double decoding = writing(reader, 2048, written);
    printf("{\"part\": \"write\", \"seconds\": %.6f}\n", decoding / written);
    llama_memory_clear(memory, true);
    const double started = now();
    double seeing = 0;
    llama_pos past = 0;
    for (size_t i = 0; i < sight.count(); i++) {
        if (!sight.pictured(i)) {
            sight.decode(i, reader, past);
            continue;
        }
        const double looked = now();
        if (mtmd_encode_chunk(sight.eyes, sight.chunk(i))) fail("mtmd_encode_chunk failed");
        seeing = now() - looked;
        float * features = mtmd_get_output_embd(sight.eyes);
        if (mtmd_helper_decode_image_chunk(sight.eyes, reader.context, sight.chunk(i), features, past,
                                           0, 2048, &past, nullptr, nullptr)) fail("the picture could not be read");
    }
    writing(reader, past, reply);
    printf("{\"part\": \"see\", \"seconds\": %.6f}\n", seeing);
    printf("{\"part\": \"step\", \"seconds\": %.6f}\n", now() - started);
    printf("{\"part\": \"peak\", \"kilobytes\": %ld}\n", peak_kilobytes());
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
    else if (mode == "time" && count == 13) time_step(given + 2);
    else fail("usage: see the head of probe.cpp");
    return 0;
}
