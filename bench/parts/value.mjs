// What is waited for, and the module that is imported.

export const VALUE = 42;
export { VALUE as value };

/** The specifier of a module that was never imported, or again of one that was. */
export const specifier = (number) => new URL(`./value.mjs?${number}`, import.meta.url).href;
