export const name = 'ünïcödé ☃';
