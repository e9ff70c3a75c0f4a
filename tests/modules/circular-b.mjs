import { a } from './circular-a.mjs';
export const b = () => 'b' + a;
