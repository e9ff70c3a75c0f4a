// The work of the comparison in C, for Emscripten's JSPI and its Asyncify. C has no values of JavaScript's: promises are
// numbers that JavaScript gives out.

#include <emscripten.h>
#include <stdlib.h>

// The value of a promise. Through JSPI it can be handed on as it is, which spares two async functions.
#ifdef JSPI
EM_JS(int, wait_for, (int promise), { return Module.promises.get(promise); })
#else
EM_ASYNC_JS(int, wait_for, (int promise), { return await Module.promises.get(promise); })
#endif

// The `value` of a module.
EM_ASYNC_JS(int, load, (const char *specifier), { return (await import(UTF8ToString(specifier))).value; })

// Keeps the compiler from knowing a value, from leaving out what is in memory, and from making loops of recursions.
#define BLACK_BOX(x) __asm__ volatile("" : "+r"(x) : : "memory")

static inline int wait_times(int times, int promise) {
    for (int i = 0; i < times; i++) wait_for(promise);
    return times;
}

__attribute__((noinline)) static int descend(int frames, int times, int promise) {
    if (frames > 0) {
        int result = descend(frames - 1, times, promise);
        BLACK_BOX(result);
        return result + 1;
    }
    return wait_times(times, promise);
}

// Waits `times` times, `frames` frames below the caller.
EMSCRIPTEN_KEEPALIVE int suspend(int frames, int times, int promise) {
    return frames == 1 ? wait_times(times, promise) : descend(frames - 2, times, promise);
}

__attribute__((noinline)) static int descend_large(int frames, int times, int promise) {
    int block[128];
    for (int i = 0; i < 128; i++) block[i] = frames;
    int *kept = block;
    BLACK_BOX(kept);
    int result = frames > 0 ? descend_large(frames - 1, times, promise) + 1 : wait_times(times, promise);
    for (int i = 0; i < 128; i++) {
        if (kept[i] != frames) abort();
    }
    return result;
}

// The same with half a kilobyte in every frame.
EMSCRIPTEN_KEEPALIVE int suspend_large(int frames, int times, int promise) {
    return frames == 1 ? wait_times(times, promise) : descend_large(frames - 2, times, promise);
}

// Never waits.
EMSCRIPTEN_KEEPALIVE int immediate(int number) {
    return number + 1;
}

// Waits once.
EMSCRIPTEN_KEEPALIVE int once(int promise) {
    return wait_for(promise);
}

// Imports the same module `times` times, and returns its `value`.
EMSCRIPTEN_KEEPALIVE int import_again(const char *specifier, int times) {
    int value = 0;
    for (int i = 0; i < times; i++) value = load(specifier);
    return value;
}

// The size of the linear memory, in bytes.
EMSCRIPTEN_KEEPALIVE unsigned memory_bytes(void) {
    return __builtin_wasm_memory_size(0) << 16;
}
