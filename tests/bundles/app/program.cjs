// Depends on the package by its name, from CommonJS.

async function main() {
    const fixture = await import('fixture');
    const { check } = await import('./checks.js');
    const [, , backend, base] = process.argv;
    console.log(JSON.stringify(await check(fixture, { backend, base })));
}

main();
