// The library for plots, and the document that it draws in, in a page: the import map gives this for report/plot.mjs.

export const { document, Plot } = globalThis;
