// Whether a profile is recorded: most packages cannot, and carry no more than this.

/**
 * @typedef {import('./types.js').PackageFiles} PackageFiles
 * @typedef {import('./types.js').InitOptions} InitOptions
 */

/**
 * What records the stack, if that is asked for.
 *
 * @param {PackageFiles} files
 * @param {WebAssembly.Module} module
 * @param {Pick<InitOptions, 'profile'>} options
 */
export function recorderOf({ createRecorder }, module, { profile }) {
    if (profile === undefined) return undefined;
    if (createRecorder === undefined) throw withoutNames();
    return createRecorder(module, profile);
}

export const withoutNames = () =>
    new Error(
        'a profile has the names of functions, and the WebAssembly was built without: build the package that it is ' +
            'recorded with with `--keep-names`',
    );
