// A module that src/lib.rs imports.

export async function greet(name) {
    // Whatever takes its time: `fetch`, a database, the user.
    await new Promise((resolve) => setTimeout(resolve, 100));
    return `Hello ${name}!`;
}
