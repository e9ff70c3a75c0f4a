// Runs the suite in this page, or in a worker of it.

const { search } = location;
const query = new URLSearchParams(search);
// Not when the page has loaded: the suite starts it.
globalThis.QUnit = { config: { autostart: false } };

if (query.get('context') === 'worker') {
    const worker = new Worker(`suite.mjs${search}`, { type: 'module' });
    worker.onerror = ({ message, filename, lineno }) => tell(`the worker: ${message} ${filename}:${lineno}`);
} else {
    import('./suite.mjs').catch((error) => tell(`${error}\n${error.stack}`));
}

/** The suite could not even begin. */
async function tell(error) {
    const send = (event) => fetch(`${query.get('origin')}/report`, { method: 'POST', body: JSON.stringify(event) });
    await send({ name: 'the suite', status: 'failed', errors: [error] });
    await send({ end: true });
}
