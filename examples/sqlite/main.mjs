// A library of books, in a file beside this one that is there the next time.

import { fileURLToPath } from 'node:url';
import { Database, init } from './pkg/sqlite.js';

await init();
const path = fileURLToPath(new URL('../../target/books.db', import.meta.url));
const [library, reader] = [await Database.open(path), await Database.open(path)];

await library.executeAll(`
    CREATE TABLE IF NOT EXISTS books (title TEXT PRIMARY KEY, author TEXT, year INTEGER);
    CREATE TABLE IF NOT EXISTS visits (at TEXT DEFAULT CURRENT_TIMESTAMP);
`);

const books = [
    ['The Left Hand of Darkness', 'Ursula K. Le Guin', 1969],
    ['Solaris', 'Stanisław Lem', 1961],
    ['Kindred', 'Octavia E. Butler', 1979],
    ['The Dispossessed', 'Ursula K. Le Guin', 1974],
    ['The Invincible', 'Stanisław Lem', 1964],
];
// All at once, through two connections: they wait for each other.
await Promise.all([
    ...books.map((book) => library.execute('INSERT OR IGNORE INTO books VALUES (?, ?, ?)', book)),
    reader.execute('INSERT INTO visits DEFAULT VALUES', []),
]);

const authors = await reader.query(
    "SELECT author, group_concat(title, ', ' ORDER BY year) FROM books GROUP BY author ORDER BY author",
    [],
);
for (const [author, titles] of authors) console.log(`${author.padEnd(20)} ${titles}`);
const [[visits, intact]] = await reader.query('SELECT count(*), (SELECT * FROM pragma_integrity_check) FROM visits', []);
console.log(`\nvisit ${visits} of ${path}: ${intact}`);

await Promise.all([library.close(), reader.close()]);
