// Hills behind hills at dusk, each row as if it came over a slow line.

export const title = 'Dunes at dusk';
export const width = 400;
export const height = 240;

/** Red, green, blue of each ink. */
export const inks = [24, 18, 52, 88, 42, 92, 186, 72, 92, 244, 142, 84, 255, 214, 138, 255, 246, 222];

const sky = [[32, 22, 56], [120, 52, 88], [208, 92, 88], [246, 160, 96], [255, 214, 138]];
const hills = [[172, 68, 90], [120, 54, 90], [72, 36, 80], [28, 20, 54]];

/** @param {{ wait(milliseconds: number): Promise<void> }} page */
export async function* rows(page) {
    for (let y = 0; y < height; y++) {
        await page.wait(6);
        const row = new Uint8Array(3 * width);
        for (let x = 0; x < width; x++) row.set(colour(x, y), 3 * x);
        yield row;
    }
}

function colour(x, y) {
    for (let hill = hills.length - 1; hill >= 0; hill--) {
        const ridge = 128 + 30 * hill + (26 - 3 * hill) * wave(x / width, hill);
        if (y > ridge) return mix(hills[hill], [244, 142, 84], Math.max(0, 0.4 - (y - ridge) / 60));
    }
    const glow = Math.exp(-(((x - 278) ** 2 + (y - 112) ** 2) / 5200));
    if ((x - 278) ** 2 + (y - 112) ** 2 < 30 ** 2) return [255, 246, 214];
    const at = Math.min(0.999, y / 170) * (sky.length - 1);
    return mix(mix(sky[Math.floor(at)], sky[Math.floor(at) + 1], at % 1), [255, 236, 180], glow * 0.8);
}

const wave = (x, hill) => Math.sin(5 * x + 2.1 * hill) + 0.5 * Math.sin(11 * x + 4.7 * hill);
const mix = (a, b, share) => a.map((part, i) => part + (b[i] - part) * share);
