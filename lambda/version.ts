/**
 * The product's version, as package.json has it; a constant so that the function's bundle carries
 * no file.
 */
export const VERSION = '0.1.0';
