import './is-not-there.mjs';
