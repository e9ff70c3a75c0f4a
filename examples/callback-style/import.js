export function importModule(specifier) {
    return import(specifier);
}
