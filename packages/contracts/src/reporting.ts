// Public operations of reporting: filled by its owner; `index.ts` lists them in `operations`.
export {}
