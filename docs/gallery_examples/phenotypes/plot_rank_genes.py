"""
Genes that explain a patient
============================

Columns are the genes with the highest probability, rows the phenotypes of the patient. The color of a dot is how the best disease of
the gene explains the phenotype, and its area what that adds to the score; a small circle is a phenotype that it does not explain.
"""

import scgsfm as sg

phenotypes = ["Ectopia lentis", "Arachnodactyly", "Dural ectasia", "Pneumothorax"]
table = sg.tl.rank_genes(phenotypes, excluded=["Seizure"], explain=True)
sg.pl.rank_genes(table)
