// Depends on the package by its name, from CommonJS.

const { pathToFileURL } = require('node:url');

async function main() {
    const fixture = await import('fixture');
    const { check } = await import('./checks.js');
    console.log(JSON.stringify(await check(fixture, process.argv[2], pathToFileURL(`${__dirname}/public/`).href)));
}

main();
