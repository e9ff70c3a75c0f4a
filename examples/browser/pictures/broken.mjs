// A source that fails in the middle: the Rust gets the reason as the `Err` of a read.

export const title = 'A broken line';
export const width = 400;
export const height = 240;
export const inks = [20, 20, 24, 250, 248, 240];

/** @param {{ wait(milliseconds: number): Promise<void> }} page */
export async function* rows(page) {
    for (let y = 0; y < height; y++) {
        if (y === 90) throw new Error('the line is dead');
        await page.wait(6);
        yield Uint8Array.from({ length: 3 * width }, (_, i) => 255 * Math.abs(Math.sin((i / 3) * 0.02 + y * 0.03)));
    }
}
