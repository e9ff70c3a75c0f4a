export const yes = true;
export const half = 0.5;
export const three = 3;
export const big = 2n ** 62n;
export const text = 'text';
export const bytes = new Uint8Array([1, 2, 255]);
export const buffer = new Uint8Array([9, 8]).buffer;
export const floats = new Float32Array([0.5, 1.5]);
export const numbers = [1, 2.5];
export const strings = ['a', 'ü', '😀'];
export const nothing = undefined;
export const nil = null;
export const object = { key: 'value' };

export let counter = 0;
export function increment() {
    counter += 1;
    return counter;
}

export function add(a, b) {
    return a + b;
}

export async function addLater(a, b) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    return a + b;
}

export function fail() {
    throw new RangeError('failed on purpose');
}

export async function failLater() {
    throw new RangeError('failed later');
}

export function mirror({ x, y, label }) {
    return { x: -x, y: -y, label: `${label} mirrored` };
}
