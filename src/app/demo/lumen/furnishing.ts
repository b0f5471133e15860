/** Categories whose products stand in a room: they can be too large, be scratched or lack a screw. */
export const furnishing = ['Sofas and armchairs', 'Chairs', 'Tables', 'Storage', 'Floor lamps'];
