// JavaScript, without any WebAssembly: the floor.

export const plain = {
    name: 'plain JavaScript',
    inFlight: Infinity,
    load: async () => ({ suspend, suspendLarge: suspend, immediate, once, importModule, importAgain }),
};

async function suspend(frames, times, promise) {
    return frames === 1 ? wait(times, promise) : descend(frames - 2, times, promise);
}

async function descend(frames, times, promise) {
    return frames > 0 ? (await descend(frames - 1, times, promise)) + 1 : wait(times, promise);
}

async function wait(times, promise) {
    for (let i = 0; i < times; i++) await promise;
    return times;
}

async function immediate(number) {
    return number + 1;
}

async function once(promise) {
    return await promise;
}

async function importModule(specifier) {
    const module = await import(specifier);
    return module.value;
}

async function importAgain(specifier, times) {
    for (let i = 0; i < times; i++) await import(specifier);
    return times;
}
