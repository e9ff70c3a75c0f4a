await new Promise((resolve) => setTimeout(resolve, 5)); export const waited = 'top-level await';
