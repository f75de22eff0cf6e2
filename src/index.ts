/** The public surface: everything a notebook, a script or another program imports from `wheatfield`. */
export {};
