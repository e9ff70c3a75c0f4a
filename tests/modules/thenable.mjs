export const then = (resolve) => resolve('a thenable module');
