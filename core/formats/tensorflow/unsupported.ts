/** Thrown where a layer or operation is known but used in a way that has no fixed map, or none that is understood yet: the node then says so. */
export class Unsupported extends Error {}
