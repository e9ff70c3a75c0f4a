// Usage: node main.mjs BACKEND [frozen | replaced | promises]
//
// Prints what became of the calls, in a process that was started with whatever flags: with everything frozen that the
// language brings, or with another class in the place of `Promise`; or of other calls (promises.mjs).

/** Freezes a value, and all that can be reached from it. */
function freeze(value, seen = new Set()) {
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value)) return;
    seen.add(value);
    Object.freeze(value);
    freeze(Object.getPrototypeOf(value), seen);
    for (const { value: inner, get, set } of Object.values(Object.getOwnPropertyDescriptors(value))) {
        for (const one of [inner, get, set]) freeze(one, seen);
    }
}

/** As a lockdown does it: what the language has, and what the host adds that programs share. */
function frozen() {
    // Those of Bun cannot be loaded any more.
    for (const name of ['fs/promises', 'module', 'url']) process.getBuiltinModule(`node:${name}`);
    const ofLanguage = /^(Array|Big|Bool|Data|Date|Final|Float|Func|Int|JSON|Map|Math|Number|Object|Promise)|Error$/;
    const more = /^(Proxy|Reflect|RegExp|Set$|Shared|String|Symbol|Uint|Weak|WebAssembly)/;
    const ofHost = /^(Abort|Event|Text|URL)/;
    for (const name of Object.getOwnPropertyNames(globalThis)) {
        if ([ofLanguage, more, ofHost].some((names) => names.test(name))) freeze(globalThis[name]);
    }
    for (const one of [async () => {}, function* () {}, async function* () {}, new Uint8Array(), [].values()]) {
        freeze(Object.getPrototypeOf(one));
    }
}

/** As a library of promises does that came before engines had any: its own know nothing of the engine's. */
function replaced() {
    const Own = Promise;
    const { then } = Own.prototype;
    globalThis.Promise = class Other {
        #own;
        constructor(run) {
            this.#own = new Own(run);
        }
        then(...callbacks) {
            return new Other((resolve) => resolve(then.call(this.#own, ...callbacks)));
        }
        catch(callback) {
            return this.then(undefined, callback);
        }
        static resolve = (value) => (value instanceof Other ? value : new Other((resolve) => resolve(value)));
        static reject = (reason) => new Other((_, reject) => reject(reason));
        static all = (promises) => Other.resolve(Own.all(promises));
        static allSettled = (promises) => Other.resolve(Own.allSettled(promises));
    };
}

const [backend, how] = process.argv.slice(2);
({ frozen, replaced })[how]?.();
/** What the processes have to say. */
async function found() {
    if (how === 'promises') return (await import('./promises.mjs')).withoutPromises(backend);
    return (await import('./calls.mjs')).report({ backend });
}
console.log(JSON.stringify(await found()));
