"""GP-GPT: genes, phenotypes and diseases; what is known of them, and what is predicted."""

from ._knowledge import Evidence, Knowledge, knowledge, read_knowledge
from ._ontology import Ontology

__all__ = ["Evidence", "Knowledge", "Ontology", "knowledge", "read_knowledge"]
