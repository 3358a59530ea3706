"""Labels of points in a crowded figure."""

import numpy as np

from simulator.report.kit.label_placement import Box, place_labels, text_width


def _box(point: tuple[float, float], spot: tuple[str, float, float, str]) -> Box:
    text, dx, dy, anchor = spot
    width = text_width(text)
    left = point[0] + dx - {"left": 0.0, "center": width / 2, "right": width}[anchor]
    return Box(left, point[1] + dy - 6.5, left + width, point[1] + dy + 6.5)


def test_labels_of_points_cover_neither_each_other_nor_the_points() -> None:
    draw = np.random.default_rng(3)
    frame = Box(0.0, 0.0, 420.0, 400.0)
    points = [(float(x), float(y)) for x, y in draw.uniform(60.0, 340.0, (20, 2))]
    texts = [(f"{i} a policy of some name", str(i)) for i in range(20)]
    spots = place_labels(points, texts, frame)
    for i, spot in enumerate(spots):
        for share in np.linspace(0.0, 1.0, 20) if spot.needs_leader else ():
            x, y = points[i][0] + share * spot.dx, points[i][1] + share * spot.dy
            others = [p for j, p in enumerate(points) if j != i]
            assert all(max(abs(x - a), abs(y - b)) > 4 for a, b in others)
    boxes = [_box(point, spot) for point, spot in zip(points, spots, strict=True)]
    assert sum(1 for spot in spots if len(spot.text) > 2) >= 12
    for i, box in enumerate(boxes):
        assert box.within(frame)
        assert not any(box.covers(other) for other in boxes[:i])
        assert not any(box.covers(Box(x - 6, y - 6, x + 6, y + 6)) for x, y in points)


def test_a_crowd_of_points_gets_short_labels() -> None:
    points = [(100.0 + 3 * i, 100.0) for i in range(12)]
    spots = place_labels(points, [("a rather long name", "n")] * 12, Box(0, 0, 240, 200))
    assert "n" in {spot.text for spot in spots}
