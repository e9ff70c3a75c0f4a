import { b } from './circular-b.mjs';
export const a = 'a';
export const both = () => a + b();
