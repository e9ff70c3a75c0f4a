// The library for plots, and the document that it draws in.

import { parseHTML } from 'linkedom';

export * as Plot from '@observablehq/plot';
export const { document } = parseHTML('<!doctype html><html></html>');
