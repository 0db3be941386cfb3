// Public operations of admin: filled by its owner; `index.ts` lists them in `operations`.
export {}
