// Three drops in a pond.

export const title = 'Ripples';
export const width = 400;
export const height = 240;
export const inks = [8, 24, 48, 16, 78, 110, 44, 152, 160, 150, 214, 190, 240, 250, 232];

const drops = [[96, 84, 9], [292, 60, 7], [228, 176, 11]];

/** @param {{ wait(milliseconds: number): Promise<void> }} page */
export async function* rows(page) {
    for (let y = 0; y < height; y++) {
        await page.wait(6);
        const row = new Uint8Array(3 * width);
        for (let x = 0; x < width; x++) {
            let level = 0;
            for (const [cx, cy, length] of drops) {
                const distance = Math.hypot(x - cx, (y - cy) * 1.5);
                level += Math.sin(distance / length) * Math.exp(-distance / 130);
            }
            const light = Math.min(1, Math.max(0, 0.5 + 0.42 * level));
            row.set([20 + 220 * light ** 2, 40 + 210 * light, 80 + 160 * light], 3 * x);
        }
        yield row;
    }
}
