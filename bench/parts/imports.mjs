// `import()`: of a module that was never imported, and again of one that was.

import { FLOOR } from '../styles/index.mjs';
import { auto } from '../styles/suspendable/style.mjs';
import { compareStyles, inTurn } from './table.mjs';
import { specifier } from './value.mjs';

const CALL = 'a call from Rust to JavaScript';

export async function run(styles) {
    let fresh = 1;
    const cold = {};
    const warm = {};
    for (const { name, load } of styles) {
        const own = await load(0);
        const first = () => own.importModule(specifier(fresh++));
        cold[name] = () => ({ run: inTurn(first), check: first });
        warm[name] = () => {
            const again = (times) => own.importAgain(specifier(0), times);
            return { run: again, check: () => again(3) };
        };
    }
    const { callAgain } = await auto.load();
    const call = (times) => callAgain(specifier(0), times);
    return [
        await compareStyles({ id: 'import-cold', title: 'import() of a new module', floor: FLOOR }, cold, {
            operations: 20,
            seconds: 4,
        }),
        await compareStyles(
            { id: 'import-warm', title: 'import() of the same module again', floor: CALL },
            { [CALL]: () => ({ run: call, check: () => call(3) }), ...warm },
            { seconds: 2 },
        ),
    ];
}
