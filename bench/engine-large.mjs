export function largeWorldFigures() {
  return [];
}
