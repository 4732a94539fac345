"""What comparisons, headroom, recommendations, gates and planned days say, in English and in Spanish."""

from __future__ import annotations

DECISIONS: dict[str, tuple[str, str]] = {
    # comparisons
    "compare.none": (
        "{m} cannot be compared: no pair has a figure of both",
        "{m} no se puede comparar: ningún par tiene la cifra de ambos",
    ),
    "compare.stays": ("{m} stays at {n} {u}", "{m} sigue en {n} {u}"),
    "compare.falls.one": (
        "{m} falls from {na} to {nb} {u} ({nd} {ud}, of one replication)",
        "{m} baja de {na} a {nb} {u} ({nd} {ud}, de una sola repetición)",
    ),
    "compare.rises.one": (
        "{m} rises from {na} to {nb} {u} ({nd} {ud}, of one replication)",
        "{m} sube de {na} a {nb} {u} ({nd} {ud}, de una sola repetición)",
    ),
    "compare.same": ("{m} stays the same", "{m} sigue igual"),
    "compare.alike": (
        "{m} cannot be told apart ({nd} {ni} {ud})",
        "{m} no se puede distinguir ({nd} {ni} {ud})",
    ),
    "compare.falls": (
        "{m} falls from {na} to {nb} {u} ({nd} {ni} {ud})",
        "{m} baja de {na} a {nb} {u} ({nd} {ni} {ud})",
    ),
    "compare.rises": (
        "{m} rises from {na} to {nb} {u} ({nd} {ni} {ud})",
        "{m} sube de {na} a {nb} {u} ({nd} {ni} {ud})",
    ),
    # headroom
    "bears.most": (
        "bears {n} times the traffic; more was not tried.",
        "soporta {n} veces el tráfico; no se probó con más.",
    ),
    "bears.never": (
        "keeps the objectives at no multiple down to 1/{n} of the traffic.",
        "no cumple los objetivos con ningún múltiplo, ni siquiera con 1/{n} del tráfico.",
    ),
    "bears.interval": (
        "bears {n} times the traffic (95 % interval {na} to {nb}).",
        "soporta {n} veces el tráfico (intervalo del 95 %: {na} a {nb}).",
    ),
    "bears": ("bears {n} times the traffic.", "soporta {n} veces el tráfico."),
    "breaks": ("At {n} times it breaks first at {c}:", "Con {n} veces se rompe primero {c}:"),
    "mended": ("With {x} it soporta", "Con {x}, soporta"),
    "mended.never": ("With {x} it no cumple", "Con {x}, no cumple"),
    # recommendations
    "rec.alone": (
        "The system is left alone: it holds, and nothing that was tried is cheaper and holds.",
        "El sistema se deja como está: cumple, y nada de lo que se probó es más barato y cumple.",
    ),
    "rec.alone.money": (
        "The system is left alone: it holds at {n} USD a month, and the cheapest requests that hold come to "
        "{nc} USD for "
        "machines all the same.",
        "El sistema se deja como está: cumple por {n} USD al mes, y las reservas más baratas que cumplen llegan "
        "igual a "
        "{nc} USD en máquinas.",
    ),
    "rec.change": (
        "{n} fields change: {nu} USD a month, against {nt} USD today",
        "Cambian {n} campos: {nu} USD al mes, frente a {nt} USD hoy",
    ),
    "rec.change.free": ("{n} fields change of today's system", "Cambian {n} campos del sistema actual"),
    "rec.fresh": (
        "It holds in every replay with fresh seeds too.",
        "También cumple en cada repetición con semillas nuevas.",
    ),
    "rec.fresh.on": (
        "It holds in every replay with fresh seeds, on history and holdout.",
        "Cumple en cada repetición con semillas nuevas, en la historia y en lo reservado (holdout).",
    ),
    "rec.fresh.history": (
        "It holds in every replay with fresh seeds, on the history (there is no holdout: other seeds alone).",
        "Cumple en cada repetición con semillas nuevas, en la historia (no hay holdout: solo otras semillas).",
    ),
    "rec.along": ("Along with them: ", "Junto con ellos: "),
    "rec.fields": ("{n} other fields", "{n} campos más"),
    "rec.field": ("1 other field", "1 campo más"),
    "rec.objects": ("{n} new objects", "{n} objetos nuevos"),
    "rec.object": ("1 new object", "1 objeto nuevo"),
    "rec.and": ("campos más and", "campos más y"),
    "rec.and.one": ("campo más and", "campo más y"),
    "rec.before.unknown": (", of which too little is known", ", del que se sabe muy poco"),
    "rec.before.missed": (", which does not hold", ", que no cumple"),
    "rec.before.bounds": (
        ", which holds, but not within pins, bounds and policy",
        ", que cumple, pero no dentro de lo fijado, los límites y la política",
    ),
    "rec.before.holds": (", which holds too", ", que también cumple"),
    "rec.unfinished": (
        "The time was over before the search was: it may not be the best.",
        "Se acabó el tiempo antes que la búsqueda: puede no ser la mejor.",
    ),
    "rec.time": (
        "The time was over before anything was found that holds.",
        "Se acabó el tiempo antes de encontrar algo que cumpla.",
    ),
    "rec.none": (
        "No configuration holds within pins and bounds: {x}. The nearest bears {n} times the traffic.",
        "Ninguna configuración cumple dentro de lo fijado y los límites: {x}. La más cercana soporta {n} veces "
        "el tráfico.",
    ),
    "rec.cannot": ("Nothing can be recommended: ", "No se puede recomendar nada: "),
    "rec.nothing": ("Nothing is recommended", "No se recomienda nada"),
    "rec.seeds": (
        "Today's system holds where the search looked, and nothing cheaper does, but with fresh seeds on the "
        "{x} {n} of "
        "{nt} replays fail:",
        "El sistema actual cumple donde miró la búsqueda, y nada más barato lo hace, pero con semillas nuevas en {x} "
        "fallan {n} de {nt} repeticiones:",
    ),
    "rec.seeds.found": (
        "What was found on the history does not hold with fresh seeds on the {x}: {n} of {nt} replays fail.",
        "Lo que se encontró en la historia no cumple con semillas nuevas en {x}: fallan {n} de {nt} repeticiones.",
    ),
    # the gate
    "gate.cost": (
        "The window costs {n} USD, before {nb} USD: {nd} %",
        "La ventana cuesta {n} USD, antes {nb} USD: {nd} %",
    ),
    "gate.cost.none": (
        "The window costs {n} USD, before {nb} USD: there is nothing to take a share of",
        "La ventana cuesta {n} USD, antes {nb} USD: no hay de qué sacar un porcentaje",
    ),
    "gate.cost.unknown": (
        "The cost is not known: not both sides have prices",
        "No se conoce el costo: no ambos lados tienen precios",
    ),
    "gate.cost.lost": (
        "The cost cannot be compared: {x} has a price on one side only",
        "No se puede comparar el costo: {x} tiene precio de un solo lado",
    ),
    "gate.interval": (
        "(95 % interval {na} % to {nb} %)",
        "(intervalo del 95 %: {na} % a {nb} %)",
    ),
    "gate.no-limit": ("; no limit was given", "; no se dio un límite"),
    "gate.limit": ("; at most {n} % is let pass", "; se deja pasar a lo más {n} %"),
    "gate.breaks": ("{m} below {n} {u} breaks: ", "{m} bajo {n} {u} se rompe: "),
    "gate.empty": (
        "{m} below {n} {u}: there is nothing to judge",
        "{m} bajo {n} {u}: no hay nada que juzgar",
    ),
    "gate.worse.new": (
        "{w} {n} % of the windows fail, and it held before",
        "{w} falla el {n} % de las ventanas, y antes cumplía",
    ),
    "gate.worse": (
        "{w} {n} % of the windows fail, before {nb} %",
        "{w} falla el {n} % de las ventanas, antes el {nb} %",
    ),
    "gate.missed-before": ("; it was missed before as well", "; antes tampoco se cumplía"),
    "gate.risks.new": ("New errors in the manifests: ", "Errores nuevos en los manifiestos: "),
    "gate.risks.none": (
        "No new error in the manifests (none at all)",
        "Ningún error nuevo en los manifiestos (ninguno en absoluto)",
    ),
    "gate.risks.lesser": (
        "No new error in the manifests ({n} of lesser weight)",
        "Ningún error nuevo en los manifiestos ({n} de menor peso)",
    ),
    "gate.nothing": ("Nothing that has to be kept is broken", "No se rompe nada de lo que hay que mantener"),
    # planned days
    "plan.leave": (
        "Leave it to the HPA: it bears every wave by itself.",
        "Déjelo en manos del HPA: soporta por sí solo cada alza.",
    ),
    "plan.leave.replays": (
        "Leave it to the HPA: it holds in all {n} replays by itself",
        "Déjelo en manos del HPA: cumple por sí solo en las {n} repeticiones",
    ),
    "plan.none": (
        "There is no schedule: none that was tried is better than leaving it to the HPA.",
        "No hay programación: ninguna de las que se probaron es mejor que dejarlo en manos del HPA.",
    ),
    "plan.change": ("1 change for {l}.", "1 cambio para {l}."),
    "plan.changes": ("{n} changes for {l}.", "{n} cambios para {l}."),
    "plan.costs": ("Being early costs {n} {ni} {u} over the window.", "Adelantarse cuesta {n} {ni} {u} en la ventana."),
    "plan.costs.one": ("Being early costs {n} {u} over the window.", "Adelantarse cuesta {n} {u} en la ventana."),
    "plan.saves": ("Being early saves {n} {ni} {u} over the window.", "Adelantarse ahorra {n} {ni} {u} en la ventana."),
    "plan.saves.one": ("Being early saves {n} {u} over the window.", "Adelantarse ahorra {n} {u} en la ventana."),
    "plan.all-the-same": (
        "Over the whole window the objectives are missed all the same.",
        "En la ventana completa, los objetivos no se cumplen de todos modos.",
    ),
    "plan.at": (
        "At {c}, {x} before its rise, set {xs}; back at {cb}: ",
        "Que {c}, {x} antes del alza, quede {xs}; de vuelta {cb}: ",
    ),
    "plan.ready": ("ready after {n} s; in {nr} replays", "listo a los {n} s; en {nr} repeticiones"),
    "plan.not-ready": ("not always ready; in {nr} replays", "no siempre listo; en {nr} repeticiones"),
    "plan.fewer": (
        "{n} windows of its rise fail instead of {nb}",
        "fallan {n} ventanas de su alza en lugar de {nb}",
    ),
    "plan.wants": (
        "No schedule: the HPA wants no more than its minimum, and {n} windows of its rise fail in {nr} replays.",
        "Sin programación: el HPA no pide más que su mínimo, y fallan {n} ventanas de su alza en {nr} repeticiones.",
    ),
    "plan.late": (
        "No schedule helps: {n} windows of its rise fail in {nr} replays, and none was ready in time.",
        "Ninguna programación ayuda: fallan {n} ventanas de su alza en {nr} repeticiones, y ninguna estuvo "
        "lista a tiempo.",
    ),
    "plan.no-fewer": (
        "No schedule helps: {n} windows of its rise fail in {nr} replays, and none of those tried has fewer.",
        "Ninguna programación ayuda: fallan {n} ventanas de su alza en {nr} repeticiones, y ninguna de las que "
        "se probaron "
        "tiene menos.",
    ),
}
"""Looked for in this order: longer ones first."""
