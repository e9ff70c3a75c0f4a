// An export which is itself an export of the instance that imports this.
export let call;
export function set(f) {
    call = f;
}
