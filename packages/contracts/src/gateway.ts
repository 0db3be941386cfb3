// Public operations of gateway: filled by its owner; `index.ts` lists them in `operations`.
export {}
