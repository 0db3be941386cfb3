// Public operations of workspace: filled by its owner; `index.ts` lists them in `operations`.
export {}
