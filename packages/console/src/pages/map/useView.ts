import { type PointerEvent, type RefObject, useEffect, useRef, useState } from 'react';
import { clampView, HEIGHT, type Point, pan, type View, WIDTH, zoomAt } from './view.ts';

/** Zooming by wheel and moving by drag, as handlers for the map's SVG element. */
export function useView(svg: RefObject<SVGSVGElement | null>, initial: View) {
  const [view, setView] = useState(initial);
  const dragged = useRef<Point>(undefined);

  useEffect(() => {
    const element = svg.current;
    if (!element) return;
    // React's own wheel handlers cannot keep the page from scrolling.
    const zoom = (event: WheelEvent) => {
      event.preventDefault();
      setView((now) => zoomAt(now, 2 ** (-event.deltaY / 300), inDrawing(element, event)));
    };
    element.addEventListener('wheel', zoom, { passive: false });
    return () => element.removeEventListener('wheel', zoom);
  }, [svg]);

  return {
    view,
    show: (next: View) => setView(clampView(next)),
    zoom: (factor: number) => setView((now) => zoomAt(now, factor, [WIDTH / 2, HEIGHT / 2])),
    drag: {
      onPointerDown(event: PointerEvent<SVGSVGElement>) {
        dragged.current = inDrawing(event.currentTarget, event);
      },
      onPointerMove(event: PointerEvent<SVGSVGElement>) {
        const from = dragged.current;
        if (!from || event.buttons === 0) return;
        const to = inDrawing(event.currentTarget, event);
        dragged.current = to;
        setView((now) => pan(now, to[0] - from[0], to[1] - from[1]));
      },
      onPointerUp() {
        dragged.current = undefined;
      },
    },
  };
}

/** A pointer's place in the units of the drawing. */
function inDrawing(element: SVGSVGElement, { clientX, clientY }: { clientX: number; clientY: number }): Point {
  const matrix = element.getScreenCTM()?.inverse();
  if (!matrix) return [0, 0];
  const { x, y } = new DOMPoint(clientX, clientY).matrixTransform(matrix);
  return [x, y];
}
