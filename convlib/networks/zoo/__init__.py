"""The named networks as lists of layers: their sizes and costs are computed, none is written down.

Every function returns a `network.Network`. Multiply-adds are weights times output positions of
convolutions and fully connected layers, without bias and batch normalisation; parameters are all
that is learned. Where authors differ on a layer, an argument or the text says which is meant.
"""

from convlib.networks.zoo.alexnet import alexnet, alexnet_torchvision
from convlib.networks.zoo.context import context_module
from convlib.networks.zoo.dcgan import dcgan_generator
from convlib.networks.zoo.deeplab import deeplab_v2_head, deeplab_v3_head
from convlib.networks.zoo.fcn import fcn_head, fcn_vgg16
from convlib.networks.zoo.inception import inception_v1
from convlib.networks.zoo.mobilenet import mobilenet_v1
from convlib.networks.zoo.nin import nin
from convlib.networks.zoo.resnet import resnet, resnext
from convlib.networks.zoo.shufflenet import shufflenet_v1
from convlib.networks.zoo.vgg import vgg16
from convlib.networks.zoo.wavenet import wavenet_stack
from convlib.networks.zoo.xception import xception

__all__ = [
    "alexnet",
    "alexnet_torchvision",
    "context_module",
    "dcgan_generator",
    "deeplab_v2_head",
    "deeplab_v3_head",
    "fcn_head",
    "fcn_vgg16",
    "inception_v1",
    "mobilenet_v1",
    "nin",
    "resnet",
    "resnext",
    "shufflenet_v1",
    "vgg16",
    "wavenet_stack",
    "xception",
]
